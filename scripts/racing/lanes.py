"""
The lanes of a race: what is moved, from where to where, and by which command.

A command is a list of words.  {source}, {dest}, {port} and {path} are filled
in, and so are {fd2}, {fd3} or {port2}, {port3} of a second and third sink;
`<FILE` and `>FILE` are opened as a shell would.  If the first word is
not installed, the tool is left out.
"""
from dataclasses import dataclass

# What bounds the speed, whichever tool moves the data.  "start" has no MB/s.
LIMITS = {
    "reader": "the far end, which copies the data by read(2)",
    "writer": "the far end, which copies the data by write(2)",
    "pages": "the system calls that pass on pages, which nobody copies",
    "TCP": "the kernel's TCP, on one machine; the far end drops the data",
    "memory": "the memory, because the kernel copies into the page cache",
    "hash": "the CPU, which computes the digest",
    "disk": "the disk",
    "start": "the start of a program, and a few system calls",
    "rate": "the rate that is asked for",
}


@dataclass(frozen=True)
class Lane:
    name: str
    source: str             # file; or a far end: give (pipe), tcp-give
    sink: str               # file, null; or a far end: read, read-64k, splice
                            # (pipes), tcp-take, unix-take
    zcopy: dict             # row in the table -> operands
    peers: dict             # row in the table -> command
    floor: tuple            # operands, one row each
    title: str = ""         # what README's table calls it
    limit: str = ""         # what the time depends on: a key of LIMITS
    target: tuple = ()      # the ratio best peer / zcopy wanted: wall, CPU
    place: str = "dir"      # where DEST is: dir, shm; or a new file system,
                            # where SOURCE is, too: ext4, xfs, btrfs
    existing: bool = False  # before each run DEST exists, with the same size
    cold: bool = False      # before each run SOURCE is not in memory
    sparse: bool = False    # SOURCE is three times as large, mostly holes
    read_ahead: int = 0     # not 0: KiB, of the file system's device
    sinks: int = 1          # how many far ends get all data
    runs: int = 1           # how many runs count as one
    size: int = 0           # not 0: a fixed size

    def commands(self, zcopy, floor):
        """Return row -> command, with zcopy first and the floor last."""
        rows = {name: f"{zcopy} -q {operands}"
                for name, operands in self.zcopy.items()}
        rows |= self.peers
        for operands in self.floor:
            rows[f"floor {operands.split()[0]}"] = f"{floor} {operands}"
        return rows


def into_dest(commands):
    return {name: f"{command} >{{dest}}" for name, command in commands.items()}


FILE_OUT = {
    "cat": "cat {source}",
    "dd": "dd if={source} bs=1M status=none",
    "pv": "pv -q {source}",
    "mbuffer": "mbuffer -q -i {source}",
    "socat": "socat -u OPEN:{source} STDOUT",
    "socat -b 1M": "socat -u -b 1048576 OPEN:{source} STDOUT",
}
THROUGH = {
    "cat": "cat",
    "dd": "dd bs=1M status=none",
    "pv": "pv -q",
    "mbuffer": "mbuffer -q",
    "socat": "socat -u STDIN STDOUT",
    "socat -b 1M": "socat -u -b 1048576 STDIN STDOUT",
}
FILE_TO_TCP = {
    "socat": "socat -u OPEN:{source} TCP:127.0.0.1:{port}",
    "socat -b 1M": "socat -u -b 1048576 OPEN:{source} TCP:127.0.0.1:{port}",
    "nc": "nc -N 127.0.0.1 {port} <{source}",
    "ncat": "ncat --send-only 127.0.0.1 {port} <{source}",
    "bash": "bash -c 'exec cat >/dev/tcp/127.0.0.1/{port}' <{source}",
}
TCP_OUT = into_dest({
    "socat": "socat -u TCP:127.0.0.1:{port} STDOUT",
    "socat -b 1M": "socat -u -b 1048576 TCP:127.0.0.1:{port} STDOUT",
    "nc": "nc -d 127.0.0.1 {port}",
    "ncat": "ncat --recv-only 127.0.0.1 {port}",
    "bash": "bash -c 'exec cat </dev/tcp/127.0.0.1/{port}'",
})
FILE_TO_UNIX = {
    "socat": "socat -u OPEN:{source} UNIX-CONNECT:{path}",
    "socat -b 1M": "socat -u -b 1048576 OPEN:{source} UNIX-CONNECT:{path}",
    "nc": "nc -N -U {path} <{source}",
    "ncat": "ncat --send-only -U {path} <{source}",
}
# What a shell makes of `tee >(A) >(B)` are such descriptors.
TO_THREE = {
    "tee": "tee /dev/fd/{fd2} /dev/fd/{fd3}",
    "mbuffer": "mbuffer -q -o /dev/fd/{fd2} -o /dev/fd/{fd3} -o -",
    "pee": "pee 'cat >/dev/fd/{fd2}' 'cat >/dev/fd/{fd3}' 'cat'",
}
FILE_TO_THREE_TCP = {
    "tee": "bash -c 'exec tee >(exec cat >/dev/tcp/127.0.0.1/{port2}) "
           ">(exec cat >/dev/tcp/127.0.0.1/{port3}) "
           ">/dev/tcp/127.0.0.1/{port} <{source}'",
    "mbuffer": "mbuffer -q -i {source} -O 127.0.0.1:{port} "
               "-O 127.0.0.1:{port2} -O 127.0.0.1:{port3}",
}
FILE_TO_FILE = {"cp": "cp {source} {dest}"} | into_dest(FILE_OUT)
REPLACING = FILE_TO_FILE | {
    "rsync -W": "rsync -IW {source} {dest}",
    "rsync --inplace": "rsync -IW --inplace {source} {dest}",
}
TO_THE_DISK = {
    "cp; sync -f": "bash -c 'cp {source} {dest} && sync -f {dest}'",
    "dd conv=fsync": "dd if={source} of={dest} bs=1M conv=fsync status=none",
    "rsync --fsync": "rsync -IW --fsync {source} {dest}",
}
KEEPING_HOLES = {
    "cp": "cp {source} {dest}",
    "dd conv=sparse": "dd if={source} of={dest} bs=1M conv=sparse status=none",
    "rsync -S": "rsync -IWS {source} {dest}",
}
BUFFERED = {"mbuffer": "mbuffer -q -m 64M", "dd": "dd obs=64M status=none"}
BUFFERED_FILE = {"mbuffer": "mbuffer -q -m 64M -i {source}",
                 "dd": "dd if={source} obs=64M status=none"}
BUFFERED_TO_TCP = {
    "mbuffer": BUFFERED_FILE["mbuffer"] + " -O 127.0.0.1:{port}",
    "dd": "bash -c 'exec " + BUFFERED_FILE["dd"] +
          " >/dev/tcp/127.0.0.1/{port}'",
}
CLONES = {
    "cp --reflink": "cp --reflink=always {source} {dest}",
    "cp": "cp {source} {dest}",
}


def digesting(program):
    """Return the peers that also compute a digest, by this program."""
    return {
        f"cp; {program}":
        f"bash -c 'cp {{source}} {{dest}} && {program} {{dest}} >/dev/null'",
        # The shell does not wait for a process substitution by itself.
        f"tee; {program}":
        f"bash -c 'tee >({program} >/dev/null) <{{source}} >{{dest}};"
        " wait $!'",
    }


ZCOPY_COPIES = {"zcopy": "{source} {dest}"}
ZCOPY_SENDS = {"zcopy": "{source} 127.0.0.1:{port}"}
ZCOPY_RECEIVES = {"zcopy": "127.0.0.1:{port} {dest}"}
ZCOPY_PIPES = {"zcopy": "{source} -"}
ZCOPY_TO_THREE = {"zcopy": "- - --also=fd:{fd2} --also=fd:{fd3}"}

FLOOR_COPIES = ("copy {source} {dest}", "read {source} {dest}")
FLOOR_SENDS = ("sendfile {source} tcp:{port}",)
FLOOR_PIPES = ("splice {source} -", "sendfile {source} -")

LANES = [
    Lane("file-pipe", "file", "read",
         ZCOPY_PIPES, FILE_OUT, FLOOR_PIPES,
         title="file to pipe, read", limit="reader", target=(4, 2)),
    Lane("file-pipe-64k", "file", "read-64k",
         ZCOPY_PIPES, FILE_OUT, FLOOR_PIPES,
         title="file to pipe, read 64K", limit="reader",
         target=(1.8, 2.5)),
    Lane("file-pipe-splice", "file", "splice",
         ZCOPY_PIPES, FILE_OUT, FLOOR_PIPES,
         title="file to pipe, spliced", limit="pages", target=(12, 8)),
    Lane("pipe-pipe", "give", "read",
         {"zcopy": "- -"}, THROUGH, ("splice - -",),
         title="pipe to pipe", limit="reader", target=(1.8, 1.8)),
    Lane("pipe-3-pipes", "give", "read",
         ZCOPY_TO_THREE, TO_THREE, (),
         title="pipe to 3 pipes, read", limit="reader",
         target=(5, 12), sinks=3),
    Lane("pipe-3-pipes-splice", "give", "splice",
         ZCOPY_TO_THREE, TO_THREE, (),
         title="pipe to 3 pipes, spliced", limit="pages",
         target=(20, 20), sinks=3),
    Lane("pipe-file", "give", "file",
         {"zcopy": "- {dest}"}, into_dest(THROUGH),
         ("splice - {dest}", "read - {dest}"),
         title="pipe to file", limit="memory", target=(1.2, 1.2)),
    Lane("file-tcp", "file", "tcp-take",
         ZCOPY_SENDS, FILE_TO_TCP, FLOOR_SENDS,
         title="file to TCP", limit="TCP", target=(2, 4)),
    Lane("file-3-tcp", "file", "tcp-take",
         {"zcopy": "{source} 127.0.0.1:{port} --also=127.0.0.1:{port2} "
                   "--also=127.0.0.1:{port3}"},
         FILE_TO_THREE_TCP, (),
         title="file to 3 TCP", limit="TCP", target=(1.5,), sinks=3),
    Lane("tcp-null", "tcp-give", "null",
         ZCOPY_RECEIVES, TCP_OUT,
         ("drop tcp:{port} -", "through tcp:{port} {dest}"),
         title="TCP to /dev/null", limit="writer", target=(1.7, 2.5)),
    Lane("tcp-file", "tcp-give", "file",
         ZCOPY_RECEIVES, TCP_OUT,
         ("through tcp:{port} {dest}", "read tcp:{port} {dest}"),
         title="TCP to file", limit="memory", target=(1.2, 1.2)),
    Lane("file-unix", "file", "unix-take",
         {"zcopy": "{source} unix:{path}"}, FILE_TO_UNIX,
         ("sendfile {source} unix:{path}", "through {source} unix:{path}"),
         title="file to unix socket", limit="reader", target=(2, 3)),
    Lane("file-file", "file", "file",
         ZCOPY_COPIES, FILE_TO_FILE, FLOOR_COPIES,
         title="file to a new file", limit="memory", target=(1.1, 1.1)),
    Lane("file-file-existing", "file", "file",
         ZCOPY_COPIES | {"zcopy --inplace": "--inplace {source} {dest}"},
         REPLACING, FLOOR_COPIES,
         title="file to an old file", limit="memory",
         target=(1.15,), existing=True),
    Lane("file-file-sync", "file", "file",
         {"zcopy": "--sync {source} {dest}"}, TO_THE_DISK,
         ("flush {source} {dest}",),
         title="file to file, --sync", limit="disk", target=(1.2,)),
    Lane("file-file-sparse", "file", "file",
         ZCOPY_COPIES, KEEPING_HOLES, ("extents {source} {dest}",),
         title="file with holes", limit="start", target=(1,), sparse=True),
    Lane("file-file-sha256", "file", "file",
         {"zcopy": "--digest=sha256 {source} {dest}"},
         digesting("sha256sum"), FLOOR_COPIES,
         title="file to file, sha256", limit="hash", target=(1.3,)),
    Lane("file-file-xxh3", "file", "file",
         {"zcopy": "--digest=xxh3 {source} {dest}"},
         digesting("xxhsum -H2"), FLOOR_COPIES,
         title="file to file, xxh3", limit="memory", target=(1.8,)),
    Lane("file-tmpfs", "file", "file",
         ZCOPY_COPIES, FILE_TO_FILE,
         ("sendfile {source} {dest}", "read {source} {dest}"),
         title="file to tmpfs", limit="memory",
         target=(1.2, 1.2), place="shm"),
    Lane("buffer-pipe-pipe", "give", "read",
         {"zcopy": "--buffer=64M - -"}, BUFFERED, (),
         title="buffered, pipe to pipe", limit="reader", target=(1.5, 2)),
    Lane("buffer-pipe-file", "give", "file",
         {"zcopy": "--buffer=64M - {dest}"},
         into_dest(BUFFERED), (),
         title="buffered, pipe to file", limit="memory", target=(1.5, 2)),
    Lane("buffer-file-pipe", "file", "read",
         {"zcopy": "--buffer=64M {source} -"},
         BUFFERED_FILE, (),
         title="buffered, file to pipe", limit="reader", target=(1.5, 2)),
    Lane("buffer-file-tcp", "file", "tcp-take",
         {"zcopy": "--buffer=64M {source} 127.0.0.1:{port}"},
         BUFFERED_TO_TCP, (),
         title="buffered, file to TCP", limit="TCP", target=(1.5, 2)),
    Lane("cold-null", "file", "null",
         ZCOPY_COPIES, FILE_TO_FILE,
         ("sendfile {source} {dest}", "read {source} {dest}"),
         title="cold file to /dev/null", limit="disk",
         target=(1.2, 2), cold=True),
    Lane("cold-null-128", "file", "null",
         ZCOPY_COPIES, FILE_TO_FILE,
         ("sendfile {source} {dest}", "read {source} {dest}"),
         title="cold, read-ahead 128K", limit="disk",
         target=(1.15,), place="ext4", cold=True, read_ahead=128),
    Lane("cold-tcp", "file", "tcp-take",
         ZCOPY_SENDS, FILE_TO_TCP, FLOOR_SENDS,
         title="cold file to TCP", limit="disk", target=(1.2, 2), cold=True),
    Lane("reflink-xfs", "file", "file",
         ZCOPY_COPIES, CLONES, ("clone {source} {dest}",),
         title="clone, XFS", limit="start", place="xfs"),
    Lane("reflink-btrfs", "file", "file",
         ZCOPY_COPIES, CLONES, ("clone {source} {dest}",),
         title="clone, btrfs", limit="start", place="btrfs"),
    # Each takes 1 s, if it keeps the rate; only CPU can be saved.
    Lane("rate", "file", "read",
         {"zcopy": "--rate=128M {source} -"},
         {"pv": "pv -q -L 128M {source}"}, (),
         title="file to pipe, --rate", limit="rate", size=128 << 20),
    Lane("small", "file", "read",
         ZCOPY_PIPES, {"cat": FILE_OUT["cat"]}, ("read {source} -",),
         title="300 runs on 20 KB", limit="start",
         target=(1, 1), runs=300, size=20 << 10),
]
