"""The far ends of a run of soak.py: what feeds zcopy, and what collects.

Each has the name that zcopy is given (`operand`), and a thread (`worker`) if
somebody must be at its other side.  The thread begins before zcopy does, and
ends by itself once zcopy has ended; `release` lets it go if zcopy never came.
"""

import os
import re
import select
import socket
import stat
import struct
import subprocess
import threading
import time

from random_data import bursts, feed, write_sparse

PATIENCE = 60                   # seconds; then something hangs


def wait_until(condition, seconds=PATIENCE):
    """Return what the condition returns once that is true, or False."""
    until = time.monotonic() + seconds
    while not (result := condition()):
        if time.monotonic() > until:
            return False
        time.sleep(0.001)
    return result


def contents(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def children():
    """Return the IDs of our children, and of what they have left behind."""
    found = set()
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open("/proc/%s/stat" % name, encoding="latin-1") as file:
                if int(file.read().rpartition(")")[2].split()[1]) == \
                        os.getpid():
                    found.add(int(name))
        except (FileNotFoundError, ProcessLookupError):
            pass
    return found


# Meeting zcopy.  Each returns a descriptor, or None if it never came.

class Pipe:
    def __init__(self, fd):
        self.fd = fd

    def __call__(self):
        return self.fd

    def release(self):
        pass


class Fifo:
    def __init__(self, path, flags):
        os.mkfifo(path)
        self.path, self.flags = path, flags

    def __call__(self):
        return os.open(self.path, self.flags)

    def release(self):
        """Open the other side, so that open(2) of this one returns."""
        other = os.O_RDONLY if self.flags == os.O_WRONLY else os.O_WRONLY
        try:
            os.close(os.open(self.path, other | os.O_NONBLOCK))
        except OSError:         # there is no reader yet, or no more
            pass


class Accept:
    def __init__(self, family, address):
        self.gone = False
        self.socket = socket.socket(family)
        self.socket.bind(address)
        self.socket.listen(1)

    def name(self):
        return "127.0.0.1:%d" % self.socket.getsockname()[1]

    def __call__(self):
        with self.socket:
            while not select.select([self.socket], [], [], 0.02)[0]:
                if self.gone:
                    return None
            return self.socket.accept()[0].detach()

    def release(self):
        self.gone = True


class Connect:
    """Connect to zcopy once `address` returns where it listens."""
    def __init__(self, family, address):
        self.gone = False
        self.family, self.address = family, address

    def __call__(self):
        while not self.gone:
            try:
                end = socket.socket(self.family)
                end.connect(self.address() or self.give_up())
                return end.detach()
            except OSError:
                end.close()
                time.sleep(0.002)
        return None

    def give_up(self):
        raise OSError("it does not listen yet")

    def release(self):
        self.gone = True


def as_socket(fd):
    """Return a socket that takes the place of the descriptor, or None if it is
    a pipe."""
    return socket.socket(fileno=fd) if stat.S_ISSOCK(
        os.fstat(fd).st_mode) else None


def vanish(fd):
    """Close it; reset the connection if it is TCP."""
    end = as_socket(fd)
    if end is None:
        os.close(fd)
        return
    with end:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                       struct.pack("ii", 1, 0))


def finish(fd):
    """End the data, and wait until a peer closes."""
    end = as_socket(fd)
    if end is None:
        os.close(fd)
        return
    with end:
        try:
            end.shutdown(socket.SHUT_WR)
            while end.recv(4096):
                pass
        except OSError:         # it has reset the connection
            pass


class Worker(threading.Thread):
    """Meet zcopy, and feed or collect.  `leave_at`: vanish after so many
    bytes."""
    def __init__(self, meet, chance, leave_at=None):
        super().__init__(daemon=True)
        self.meet, self.leave_at = meet, leave_at
        self.sizes = bursts(chance)
        self.met = self.left = False
        self.count = 0

    def run(self):
        fd = self.meet()
        self.met = fd is not None
        if self.met:
            self.work(fd)

    def end(self):
        """Wait for the thread, when zcopy has ended.  False: it hangs."""
        def ended():
            self.meet.release()
            self.join(0.01)
            return not self.is_alive()
        return wait_until(ended)


class Feeder(Worker):
    def __init__(self, meet, data, *rest):
        super().__init__(meet, *rest)
        self.data = data

    def tell(self, count):
        self.count = count

    def work(self, fd):
        data = self.data[:self.leave_at]
        fed = feed(fd, data, self.sizes, self.tell)
        self.left = self.leave_at is not None
        if self.left or not fed:
            vanish(fd)
        else:
            finish(fd)


class Collector(Worker):
    def __init__(self, meet, *rest):
        super().__init__(meet, *rest)
        self.got = bytearray()
        self.clean = False      # the data has ended in order

    def work(self, fd):
        for size in self.sizes:
            if self.leave_at is not None:
                size = min(size, self.leave_at - self.count)
                if size == 0:
                    self.left = True
                    vanish(fd)
                    return
            try:
                piece = os.read(fd, size)
            except ConnectionResetError:
                break
            self.got += piece
            self.count += len(piece)
            self.clean = not piece
            if self.clean:
                break
        os.close(fd)


# Another zcopy

def listening(path):
    """Return the address in the `listening on` line of this log, or None."""
    said = re.search(rb"listening on (\S+):(\d+)\n", contents(path) or b"")
    return said and (said[1].decode(), int(said[2]))


class Peer:
    """Another zcopy, whose messages are in a file."""
    def __init__(self, command, log):
        self.log = log
        self.command = command
        self.child = None

    def start(self):
        with open(self.log, "wb") as log:
            self.child = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=log)

    def address(self):
        """Return where it listens, which it must do soon."""
        return wait_until(lambda: listening(self.log))

    def end(self):
        """Wait for its exit.  False: it hangs."""
        try:
            self.child.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
            return False
        return True


class StartPeer:
    """Not to meet zcopy, but to have the peer send `in` to it."""
    def __init__(self, peer, log):
        self.gone = False
        self.peer, self.log = peer, log

    def __call__(self):
        place = wait_until(lambda: self.gone or listening(self.log))
        if place and place is not True:
            self.peer.command += ["in", "%s:%d" % place]
            self.peer.start()

    def release(self):
        self.gone = True


class Discard(Peer):
    """A zcopy --discard, which counts for each client what it has sent."""
    def __init__(self, zcopy, directory):
        super().__init__([zcopy, "--discard", "listen:127.0.0.1:0"],
                         os.path.join(directory, "discard"))

    def start(self):
        super().start()
        self.port = self.address()[1]

    def lines(self):
        """Return a line for each client."""
        return contents(self.log).decode().splitlines()[1:]

    def crowd(self, clients, chance):
        """Connect so often, send a little, and end or reset."""
        for _ in range(clients):
            before = len(self.lines())
            end = socket.create_connection(("127.0.0.1", self.port))
            end.sendall(bytes(chance.randrange(20000)))
            if chance.randrange(2):
                vanish(end.detach())
            else:
                end.shutdown(socket.SHUT_WR)
                end.recv(1)
                end.close()
            wait_until(lambda: len(self.lines()) > before, 2)

    def holds(self):
        """Return how many descriptors it has, and how many KiB of memory."""
        proc = "/proc/%d/" % self.child.pid
        with open(proc + "status", encoding="utf-8") as file:
            memory = re.search(r"VmRSS:\s*(\d+)", file.read())[1]
        return len(os.listdir(proc + "fd")), int(memory)


# SOURCE

SOURCES = ["path", "path", "file", "pipe", "pipe", "fifo", "tcp", "unix",
           "listen", "exec", "zero", "zcopy"]


class Source:
    """`data` is all that can be read.  `stdin` is for zcopy.  A stream is
    `cut` short after so many bytes, by trouble: a pipe and a unix socket look
    as if they had ended there."""
    def __init__(self, kind, data, chance, cut=None):
        self.kind, self.data = kind, data
        self.chance, self.cut = chance, cut
        self.stdin, self.worker, self.peer = None, None, None
        self.operand = {"path": "in", "file": "-", "pipe": "-",
                        "fifo": "in-fifo", "unix": "unix:in-socket",
                        "listen": "listen:127.0.0.1:0", "zero": "/dev/zero",
                        "zcopy": "listen:127.0.0.1:0"}.get(kind)

    def make(self, zcopy, log):
        """Make it in the current directory; zcopy will write to this log."""
        make = getattr(self, "make_" + self.kind, None)
        if self.kind in ("path", "file", "exec", "zcopy"):
            write_sparse("in", self.data)
        if make is not None:
            make(zcopy, log)

    def begin(self):
        """Begin to serve, once zcopy has been started."""
        if self.worker is not None:
            self.worker.start()

    def feeder(self, meet):
        self.worker = Feeder(meet, self.data, self.chance, self.cut)

    def make_file(self, _zcopy, _log):
        self.stdin = os.open("in", os.O_RDONLY)

    def make_pipe(self, _zcopy, _log):
        self.stdin, writes = os.pipe()
        self.feeder(Pipe(writes))

    def make_fifo(self, _zcopy, _log):
        self.feeder(Fifo("in-fifo", os.O_WRONLY))

    def make_tcp(self, _zcopy, _log):
        meet = Accept(socket.AF_INET, ("127.0.0.1", 0))
        self.operand = meet.name()
        self.feeder(meet)

    def make_unix(self, _zcopy, _log):
        self.feeder(Accept(socket.AF_UNIX, "in-socket"))

    def make_listen(self, _zcopy, log):
        self.feeder(Connect(socket.AF_INET, lambda: listening(log)))

    def make_exec(self, _zcopy, _log):
        # fault.c is for zcopy, not for its command.
        self.operand = "exec:unset LD_PRELOAD; "
        self.operand += "cat in" if self.cut is None else self.chance.choice(
            ["head -c %d in; exit 3", "head -c %d in; kill -9 $$"]) % self.cut

    def make_zcopy(self, zcopy, log):
        """Another zcopy sends to this one."""
        self.peer = Peer([zcopy, "-q"], "sender")
        self.worker = Worker(StartPeer(self.peer, log), self.chance)


# DEST

DESTS = ["new", "old", "old", "pipe", "fifo", "tcp", "unix", "listen",
         "exec", "null", "zcopy", "discard"]
FILES = ["new", "old"]


class Dest:
    """What zcopy delivers to.  `cut`: the far end goes away after so many
    bytes."""
    def __init__(self, kind, directory, chance, cut=None):
        self.kind, self.chance, self.cut = kind, chance, cut
        self.directory = directory
        self.stdout, self.worker, self.peer = None, None, None
        self.path = os.path.join(directory, kind)
        self.operand = {"new": self.path, "old": self.path, "pipe": "-",
                        "fifo": "out-fifo", "unix": "unix:out-socket",
                        "listen": "unix-listen:out-listen",
                        "null": "/dev/null"}.get(kind)

    def make(self, zcopy, discard, old):
        self.old = None
        if self.kind in ("old", "zcopy"):
            with open(self.path, "wb") as file:
                file.write(old)
            self.old = old
        make = getattr(self, "make_" + self.kind, None)
        if make is not None:
            make(zcopy, discard)

    def begin(self):
        if self.worker is not None:
            self.worker.start()

    def collector(self, meet):
        self.worker = Collector(meet, self.chance, self.cut)

    def make_pipe(self, _zcopy, _discard):
        reads, self.stdout = os.pipe()
        self.collector(Pipe(reads))

    def make_fifo(self, _zcopy, _discard):
        self.collector(Fifo("out-fifo", os.O_RDONLY))

    def make_tcp(self, _zcopy, _discard):
        meet = Accept(socket.AF_INET, ("127.0.0.1", 0))
        self.operand = meet.name()
        self.collector(meet)

    def make_unix(self, _zcopy, _discard):
        self.collector(Accept(socket.AF_UNIX, "out-socket"))

    def make_listen(self, _zcopy, _discard):
        self.collector(Connect(socket.AF_UNIX, lambda: "out-listen"))

    def make_exec(self, _zcopy, _discard):
        """The command makes `ended` when it sees the end of the data."""
        self.operand = "exec:unset LD_PRELOAD; "
        self.operand += "cat >told; : >ended" if self.cut is None else \
            self.chance.choice(["head -c %d >told",
                                "head -c %d >told; exit 3",
                                "head -c %d >told; kill -9 $$"]) % self.cut

    def make_zcopy(self, zcopy, _discard):
        # --allow-short: to receive nothing is no failure.
        self.peer = Peer([zcopy, "--allow-short", "listen:127.0.0.1:0",
                          self.path], "receiver")
        self.peer.start()
        self.operand = "%s:%d" % self.peer.address()

    def make_discard(self, _zcopy, discard):
        self.discard, self.before = discard, len(discard.lines())
        self.operand = "127.0.0.1:%d" % discard.port

    def got(self):
        """Return what has arrived; None: nothing was made."""
        if self.worker is not None:
            return bytes(self.worker.got)
        if self.kind in ("new", "old", "zcopy"):
            return contents(self.path)
        return contents("told") if self.kind == "exec" else b""

    def ended(self):
        """Return True if the far end saw an orderly end of the data, False if
        it did not, None if nothing tells."""
        if self.kind == "exec":
            return os.path.exists("ended")
        if self.kind == "zcopy":
            return self.peer.child.returncode == 0
        return self.worker and self.worker.clean
