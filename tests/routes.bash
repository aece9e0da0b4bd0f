# Routes from a kind of source to a kind of destination: `load routes` after
# `load helpers`.
# shellcheck shell=bash
# shellcheck disable=SC2154	# $port is set by listener

# methods SOURCE DEST - print the methods for a route that zcopy was built with.
# SOURCE is `file` or anything else; DEST is one that `deliver` knows.
methods() {
	case $1:$2 in
	file:file|file:stdout)
		available auto copy_file_range sendfile splice mmap \
		    read-write ;;
	file:*)	available auto sendfile splice mmap read-write ;;
	*)	available auto splice read-write ;;
	esac
}

# piped SOURCE DEST COMMAND... - run it with pipes of these sizes; print what
# they are then.  See tests/pipesize.py.
piped() {
	python3 "$BATS_TEST_DIRNAME/pipesize.py" "$@"
}

# deliver STATUS DEST ARG... - run zcopy ARG... with a destination of this kind,
# and write what arrives to `got`.
deliver() {
	local want=$1 dest=$2
	shift 2
	echo "to $dest:"
	rm -f got
	[ -p fifo ] || mkfifo fifo
	case $dest in
	file)	zcopy "$want" "$@" got ;;
	stdout)	STDOUT=got zcopy "$want" "$@" - ;;
	pipe)	cat fifo >got 3>&- &
		STDOUT=fifo zcopy "$want" "$@" -
		wait $! ;;
	fifo)	cat fifo >got 3>&- &
		zcopy "$want" "$@" fifo
		wait $! ;;
	tcp)	listener listen:127.0.0.1:0 got
		zcopy "$want" "$@" "127.0.0.1:$port"
		ends 0 ;;
	esac
}
