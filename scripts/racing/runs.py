"""One run of one tool: its far ends, its time, and a check of the data."""
import os
import shlex
import signal
import socket
import subprocess
import time
from dataclasses import dataclass

MiB = 1 << 20
# The tool's first further descriptor: none that Python gives to a pipe.
FURTHER = 20
# Keep the user's locale, because loading it is part of starting a tool.
ENVIRONMENT = os.environ | {
    "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}


class Failed(Exception):
    """A tool failed, or lost data."""


class Children:
    """Processes and pipes; none of them is left after the `with`."""

    def __init__(self, seconds, log):
        self.seconds = seconds
        self.log = log
        self.pids = []
        self.descriptors = []

    def __enter__(self):
        signal.signal(signal.SIGALRM, self.too_late)
        signal.setitimer(signal.ITIMER_REAL, self.seconds)
        open(self.log, "w").close()
        return self

    def __exit__(self, *_):
        signal.setitimer(signal.ITIMER_REAL, 0)
        for descriptor in self.descriptors:
            os.close(descriptor)
        for pid in self.pids:
            end(pid)

    def too_late(self, *_):
        raise Failed(f"not done in {self.seconds:.0f} s")

    def pipe(self):
        pair = os.pipe()
        self.descriptors += pair
        return pair

    def close(self, descriptor):
        if descriptor in self.descriptors:
            self.descriptors.remove(descriptor)
            os.close(descriptor)

    def start(self, words, stdin=None, stdout=None, further=()):
        """Start a command.  A word `<FILE` or `>FILE` takes precedence over
        stdin and stdout.  The child opens FILE, which is part of its time.
        The further descriptors are its FURTHER, FURTHER + 1..."""
        actions = [opening(0, "/dev/null", os.O_RDONLY),
                   opening(1, "/dev/null", os.O_WRONLY),
                   opening(2, self.log, os.O_WRONLY | os.O_APPEND)]
        for number, descriptor in [(0, stdin), (1, stdout),
                                   *enumerate(further, FURTHER)]:
            if descriptor is not None:
                actions.append((os.POSIX_SPAWN_DUP2, descriptor, number))
        for word in words:
            if word[0] == "<":
                actions.append(opening(0, word[1:], os.O_RDONLY))
            if word[0] == ">":
                actions.append(opening(
                    1, word[1:], os.O_WRONLY | os.O_CREAT | os.O_TRUNC))
        words = [word for word in words if word[0] not in "<>"]
        # Python ignores these two signals.
        self.pids.append(os.posix_spawnp(
            words[0], words, ENVIRONMENT, file_actions=actions,
            setsigdef=[signal.SIGPIPE, signal.SIGXFSZ]))
        return self.pids[-1]

    def wait(self, pid):
        """Wait for a child that must succeed; return its struct rusage."""
        _, status, usage = os.wait4(pid, 0)
        self.pids.remove(pid)
        status = os.waitstatus_to_exitcode(status)
        if status != 0:
            with open(self.log, encoding="utf-8", errors="replace") as log:
                said = log.readline().strip()
            raise Failed(f"status {status}: {said}")
        return usage


def opening(number, path, flags):
    return os.POSIX_SPAWN_OPEN, number, path, flags, 0o666


def end(pid):
    """Kill a child, unless it was waited for already."""
    try:
        if os.waitpid(pid, os.WNOHANG) == (0, 0):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    except ChildProcessError:
        pass


@dataclass
class Track:
    """A lane, and its files."""
    lane: object
    size: int
    programs: object        # paths of zcopy, farend, floor and cache
    source: str
    dest: str
    expected: str           # a file that DEST must be equal to
    work: str               # a directory for everything else

    def seconds(self):
        return 60 + self.size * self.lane.runs / (20 * MiB)

    def children(self):
        return Children(self.seconds(), f"{self.work}/log")


class FarEnds:
    """The far ends of one run, and the descriptors and words for its tool."""

    def __init__(self, track, children):
        self.track = track
        self.children = children
        self.pids = []
        self.stdin = self.stdout = None
        self.further = []
        self.values = {"source": track.source, "dest": track.dest}
        if track.lane.source == "give":
            self.give()
        if track.lane.sink in ("read", "read-64k", "splice"):
            self.stdout, *self.further = [self.take()
                                          for _ in range(track.lane.sinks)]
        for mode in (track.lane.source, track.lane.sink):
            if mode.startswith("tcp-"):
                self.values["port"] = self.listen(mode)
            if mode.startswith("unix-"):
                self.values["path"] = self.listen(mode, f"{track.work}/socket")
        for number in range(2, track.lane.sinks + 1):
            self.values[f"fd{number}"] = FURTHER + number - 2
            if track.lane.sink.startswith("tcp-"):
                self.values[f"port{number}"] = self.listen(track.lane.sink)

    def start(self, mode, *path, stdin=None, stdout=None):
        size = self.track.size * self.track.lane.runs
        self.pids.append(self.children.start(
            [self.track.programs.farend, mode, *path, str(size)],
            stdin, stdout))

    def give(self):
        self.stdin, far = self.children.pipe()
        self.start("give", stdout=far)
        self.children.close(far)

    def take(self):
        """Start a far end, and return the pipe to it."""
        far, near = self.children.pipe()
        self.start(self.track.lane.sink, stdin=far)
        self.children.close(far)
        return near

    def listen(self, mode, *path):
        """Start a far end, wait until it listens, and return the port or path
        that it then prints."""
        if path and os.path.exists(*path):
            os.unlink(*path)
        near, far = self.children.pipe()
        self.start(mode, *path, stdout=far)
        self.children.close(far)
        return os.read(near, 4096).decode().strip()

    def command(self, text):
        return [word.format(**self.values) for word in shlex.split(text)]

    def finish(self):
        """Close our pipes, and wait until the far ends have ended."""
        for descriptor in (self.stdin, self.stdout, *self.further):
            self.children.close(descriptor)
        for pid in self.pids:
            self.children.wait(pid)


@dataclass
class Sample:
    wall: float = 0         # seconds, until tool and far ends have ended
    cpu: float = 0          # seconds, of the tool alone
    read: int = 0           # bytes that the tool read from the disk


def timed(track, command):
    sample = Sample()
    with track.children() as children:
        far = FarEnds(track, children)
        words = far.command(command)
        started = time.perf_counter()
        for _ in range(track.lane.runs):
            usage = children.wait(
                children.start(words, far.stdin, far.stdout, far.further))
            sample.cpu += usage.ru_utime + usage.ru_stime
            sample.read += usage.ru_inblock * 512
        far.finish()
        sample.wall = time.perf_counter() - started
    return sample


def helper(track, *words):
    """Run a command that is not measured, and must succeed."""
    with track.children() as children:
        children.wait(children.start(words))


def spoil(path):
    """Change an existing DEST, to notice a tool that writes nothing."""
    with open(path, "r+b") as file:
        for where in 0, max(0, os.path.getsize(path) - MiB):
            file.seek(where)
            file.write(bytes(min(MiB, os.path.getsize(path))))
        file.flush()
        os.fsync(file.fileno())


def flush_sockets():
    """Send a packet on each CPU.  Until then a CPU may keep pages that
    sendfile(2) has sent: skb_attempt_defer_free() in Linux."""
    cpus = os.sched_getaffinity(0)
    for cpu in cpus:
        os.sched_setaffinity(0, {cpu})
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as both_ends:
            both_ends.bind(("127.0.0.1", 0))
            both_ends.sendto(b"\n", both_ends.getsockname())
    os.sched_setaffinity(0, cpus)


def prepare(track):
    if track.lane.existing:
        if not has_size(track):
            helper(track, "cp", track.source, track.dest)
        spoil(track.dest)
    elif track.lane.sink == "file" and os.path.exists(track.dest):
        os.unlink(track.dest)
    if track.lane.cold:
        flush_sockets()
        helper(track, track.programs.cache, "drop", track.source)


def has_size(track):
    return (os.path.exists(track.dest) and
            os.path.getsize(track.dest) == track.size)


def compare(track):
    try:
        helper(track, "cmp", "-s", track.dest, track.expected)
    except Failed:
        raise Failed("DEST has other bytes") from None


def verify(track, sample, is_last):
    """Check DEST, and that a cold SOURCE was read from the disk.  (The far ends
    have checked the number of bytes.)"""
    if track.lane.sink == "file" and not has_size(track):
        raise Failed("DEST has another size")
    if track.lane.sink == "file" and is_last:
        compare(track)
    if track.lane.cold and sample.read < track.size:
        raise Failed(f"only {sample.read} bytes came from the disk")


def run(track, command, is_last=False):
    """Prepare, run with timed(), and verify."""
    prepare(track)
    sample = timed(track, command)
    verify(track, sample, is_last)
    return sample


def first_line(*words):
    """Return the line of the output that names a version: the first one that
    has a digit."""
    said = subprocess.run(words, stdin=subprocess.DEVNULL, timeout=20,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", check=False).stdout
    return next((line.strip() for line in said.splitlines()
                 if any(letter.isdigit() for letter in line)), words[0])
