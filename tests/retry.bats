#!/usr/bin/env bats
# --retry-for: connect again for so many seconds.  netns.bats has --retry.

load helpers
load peer

setup() {
	set_up_peers 300000
}

# took BEGAN LEAST MOST - fail unless it was between LEAST and MOST microseconds
# since then; see now.
took() {
	local passed=$(($(now) - $1))
	echo "took $passed us"
	[ "$passed" -ge "$2" ]
	[ "$passed" -le "$3" ]
}

# attempts - print how many attempts were followed by another one.
attempts() {
	grep -c 'again in' <<<"$output" || :
}

@test "retry-for: zcopy tries until the time has passed, and at its end" {
	local began
	began=$(now)
	zcopy 5 -v --retry-for=1.5 in "unix:$path"
	took "$began" 1500000 4000000
	# Pauses of 250, 500 and 1000 ms, from half as long to as long.
	[ "$(attempts)" -ge 3 ]
	[ "$(attempts)" -le 6 ]
	[[ $output == \
*$'\n'"zcopy: unix:$path: connect: No such file or directory" ]]
}

@test "retry-for: the last pause is cut" {
	local began
	began=$(now)
	zcopy 5 -v --retry-for=0.05 in "unix:$path"
	took "$began" 50000 2000000
	[ "$(attempts)" -eq 1 ]
	[[ $output == *"again in 0.0"[45]* ]]
}

@test "retry-for: 0 is one attempt, as without the option" {
	zcopy 5 -v --retry-for=0 in "unix:$path"
	[ "$(attempts)" -eq 0 ]
}

@test "retry-for: with --retry, the one that is met first ends it" {
	local began
	zcopy 5 -v --retry-for=60 --retry=2 in "unix:$path"
	[ "$(attempts)" -eq 2 ]
	began=$(now)
	zcopy 5 -v --retry-for=0.3 --retry=100 in "unix:$path"
	took "$began" 300000 3000000
}

@test "retry-for: a listener that starts later is found" {
	start -v --retry-for=30 in "unix:$path"
	retry grep -q "again in" "$log"
	local first=$pid
	peer listen "$path" "save=$got"
	ends 0 "$first"
	same in "$got"
}

@test "retry-for: a signal ends the pause" {
	start -v --retry-for=100 in "unix:$path"
	retry grep -q "again in [1-9]" "$log"
	retry asleep "$pid"
	kill "$pid"
	RETRY_SECONDS=1 ends 143
}

@test "retry-for: it needs an end that connects, and a number of seconds" {
	zcopy 2 --retry-for=5 in out
	[ "$output" = "zcopy: --retry-for: no end connects" ]
	zcopy 2 --retry-for=5s in "unix:$path"
	[[ $output == *"'5s' is not a number of seconds"* ]]
	[ ! -e out ]
}
