# Waits that --timeout ends: `load deadlines` after `load peer`.

# gives_up STATUS ENDPOINT TEXT -- ARG... - zcopy waits for 0.3 s, and not much
# longer, and then fails with "ENDPOINT: TEXT".
gives_up() {
	local want=$1 endpoint=$2 text=$3 began took
	shift 4
	began=$(now)
	zcopy "$want" --timeout=0.3 "$@"
	took=$(($(now) - began))
	echo "took $took us"
	[ "$took" -ge 300000 ]
	[ "$took" -lt 3000000 ]
	complains "$endpoint" "$text"
	untouched
}

# given KIND STATUS TEXT -- DEED... -- ARG... - gives_up, with descriptor 5 as a
# socket whose other end does these deeds and stays open until zcopy has ended.
given() {
	local kind=$1 want=$2 text=$3 deeds=()
	shift 4
	while [ "$1" != -- ]; do
		deeds+=("$1")
		shift
	done
	shift
	requires python3
	# shellcheck disable=SC2016	# for the other shell
	local as_user=("$PYTHON" "$PEER" pair "$kind" 5 "${deeds[@]}"
	    "wait=$go" -- sh -c '"$@"; status=$?; : >"$0"; exit $status' "$go")
	rm -f "$go"
	gives_up "$want" fd:5 "$text" -- "$@"
}
