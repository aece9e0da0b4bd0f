"""What befalls a run of soak.py: signals, faults, far ends that die."""

import os
import re
import signal
import time

SIGNALS = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL,
           signal.SIGKILL, signal.SIGKILL]

# Rules of fault.c, where N is replaced by a number, that change nothing of what
# arrives.
HARMLESS = [
    "read:short:N+3,write:short:N+2,pread:short:N+2,pwrite:short:N+3",
    "splice:short:N+2,sendfile:short:N+3,copy_file_range:short:N+2",
    "tee:short:N+2", "read:one:N+9,write:one:N+7",
    "splice:one:N+5,tee:one:N+5", "read:EINTR:N+3,write:EINTR:N+3",
    "splice:EINTR:N+3,sendfile:EINTR:N+3", "ppoll:EINTR:N+3,poll:EINTR:N+3",
    "splice:EAGAIN:N", "openat:EOPNOTSUPP:1+:cmd=4259840",
]
# The same, unless a method is named.
FALL_BACK = [
    "kernel:EINVAL:N+", "kernel:ENOSYS:N+", "splice:EINVAL:N+",
    "copy_file_range:EXDEV:N+", "copy_file_range:EIO:N+",
    "sendfile:EINVAL:N+", "kernel:EPERM:N+", "tee:EINVAL:N+",
    "mmap:ENODEV:N+:in=reg",
]
# Rules with the statuses that they may lead to.
HARMFUL = [
    ("read:EIO:N+:in=reg,pread:EIO:N+:in=reg", {3}),
    # zcopy's own pipe may be hit, and then SOURCE is blamed.
    ("read:EIO:N+:in=fifo,splice:EIO:N+:in=fifo", {3, 4, 5}),
    ("read:ECONNRESET:N+:in=sock,splice:ECONNRESET:N+:in=sock", {5}),
    ("write:ENOSPC:N+:out=reg,pwrite:ENOSPC:N+:out=reg,kernel:ENOSPC:N+"
     ":out=reg", {4}),
    ("write:EIO:N+:out=reg,kernel:EIO:N+:out=reg", {4}),
    ("write:EDQUOT:N+:out=reg,kernel:EDQUOT:N+:out=reg", {4}),
    ("write:ECONNRESET:N+:out=sock,send:ECONNRESET:N+:out=sock,"
     "kernel:ECONNRESET:N+:out=sock", {5}),
    ("fsync:EIO:1+,fdatasync:EIO:1+", {4}),
    ("linkat:EIO:1+", {4}), ("renameat:EIO:N", {4}),
    ("ftruncate:EIO:N+", {4}), ("posix_memalign:ENOMEM:N+", {1, 9}),
    ("pipe2:EMFILE:N+", {1, 3, 4, 9}), ("close:EIO:N:reg", {3, 4}),
    ("fstat:EIO:N+2", {1, 3, 4, 5}), ("accept4:EMFILE:1", {5}),
    ("connect:ECONNREFUSED:1", {5}),
]


class Trouble:
    """`may` are the statuses that it may lead to besides that of the request;
    `landed` says whether it took place."""
    def __init__(self, request, chance):
        self.request, self.chance = request, chance
        self.signal, self.stops, self.fault = None, 0, ""
        self.peer, self.change = None, None
        self.landed = False
        self.may = set()
        self.must = set()       # if it has landed
        # Early more often than late.
        self.moment = chance.choice([0.0, 0.002, 0.01, 0.05, 0.3]) * \
            chance.uniform(0.5, 2)
        if request.slow:
            self.moment = chance.uniform(0, 0.6)
        self.name = "none"
        if request.cut_source is not None or request.cut_dest is not None:
            self.name = "cut"
            self.judge_cut()
            return
        kind = chance.choice(["none"] * 6 + ["signal"] * 6 + ["stop"] * 2 +
                             ["harmless"] * 5 + ["harmful"] * 5 +
                             ["peer"] * 2 + ["change"])
        getattr(self, "choose_" + kind)()
        if kind in ("signal", "stop", "peer") and chance.randrange(3) == 0:
            self.fault = self.rules(chance.choice(HARMLESS))

    def rules(self, text):
        """Replace each N."""
        return re.sub(r":N", lambda _: ":%d" % self.chance.choice(
            [1, 1, 2, 3, self.chance.randrange(1, 30)]), text)

    def choose_none(self):
        pass

    def choose_signal(self):
        self.signal = self.chance.choice(SIGNALS)
        self.name = "kill" if self.signal == signal.SIGKILL else "signal"
        self.may = {-self.signal}

    def choose_stop(self):
        self.name = "stop"
        self.stops = self.chance.randrange(1, 4)

    def choose_harmless(self):
        self.name = "harmless"
        rules = list(HARMLESS)
        # A buffer of pipes needs splice(2), and fails without it.
        if self.request.method == "auto" and not self.request.has("buffer"):
            rules += FALL_BACK
        self.fault = self.rules(self.chance.choice(rules))

    def choose_harmful(self):
        self.name = "harmful"
        rules = HARMFUL
        if "exec" in self.request.dests + [self.request.source]:
            # These would hide from zcopy, in /proc, what it is to kill, and
            # cut it off from the guardian of a command.
            rules = [rule for rule in rules
                     if "in=reg" not in rule[0] and "=sock" not in rule[0]]
        rule, self.may = self.chance.choice(rules)
        number = self.chance.choice([1, 2, 3, 5, self.chance.randrange(1, 60)])
        self.fault = rule.replace(":N", ":%d" % number)
        # That the file of --json-file cannot be written is another failure.
        self.may = self.may | {1}
        if self.request.has("buffer"):
            # It may hit the buffer, which is a failure of its own.
            self.may = self.may | {3, 4, 5}

    def choose_peer(self):
        """The other zcopy is killed.  Without its close, nobody may notice."""
        if "zcopy" not in self.request.dests + [self.request.source] or \
                self.request.confirm != "close":
            return
        self.name = "peer"
        self.peer = "zcopy" if self.request.source != "zcopy" else "source"
        self.may = {5, 6}
        if self.peer == "source":
            # If it never connected, nobody else does.
            self.request.options.append("--timeout=3")

    def choose_change(self):
        """SOURCE is changed."""
        if self.request.source not in ("path", "file"):
            return
        self.name = "change"
        self.change = self.chance.choice(["touch", "write", "shrink", "grow"])
        if self.change == "grow" and self.request.natural == 6:
            self.change = "touch"       # it might grow in time
        self.may = {6, 7, 8}

    def judge_cut(self):
        """The status is known where a far end goes away."""
        request = self.request
        if request.cut_source is not None and request.source == "exec":
            self.must = {3}
        elif request.cut_source is not None and request.source in (
                "tcp", "listen"):
            self.may = {5, 6}
            if request.cut_source < request.last:
                self.must = {5}
        elif request.cut_dest is not None:
            self.may = {{"pipe": -signal.SIGPIPE, "fifo": -signal.SIGPIPE,
                         "exec": 4}.get(request.cut_dest, 5)}
        self.may |= self.must

    def has_landed(self, status, hits):
        if self.fault and self.name in ("harmless", "harmful"):
            return hits > 0
        if self.name in ("kill", "signal"):
            return status == -self.signal
        return self.landed

    # At the moment

    def befall(self, child, source, dests):
        """Wait for the moment, and let it happen unless zcopy has ended."""
        if not (self.signal or self.stops or self.peer or self.change):
            return
        until = time.monotonic() + self.moment
        while time.monotonic() < until and child.poll() is None:
            time.sleep(0.0005)
        if child.poll() is not None:
            return
        if self.signal:
            child.send_signal(self.signal)
        for _ in range(self.stops):
            child.send_signal(signal.SIGSTOP)
            time.sleep(self.chance.choice([0.001, 0.02, 0.2]))
            child.send_signal(signal.SIGCONT)
            time.sleep(0.01)
        if self.peer:
            self.kill_peer(source, dests)
        if self.change:
            self.change_source()
        self.landed = True

    def kill_peer(self, source, dests):
        ends = [source] if self.peer == "source" else dests
        for end in ends:
            if end.peer is not None and end.peer.child is not None:
                end.peer.child.send_signal(self.chance.choice(SIGNALS))

    def change_source(self):
        size = os.path.getsize("in")
        if self.change == "touch":
            os.utime("in", (1, 1))
        elif self.change == "shrink":
            os.truncate("in", self.chance.randrange(size + 1))
        elif self.change == "grow":
            with open("in", "ab") as file:
                file.write(b"more")
        elif size > 0:
            with open("in", "r+b") as file:
                file.seek(self.chance.randrange(size))
                file.write(b"?")
