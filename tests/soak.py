"""soak.py DIRECTORY MINUTES SEED[/RUN] ZCOPY... - run zcopy with random ends,
options, faults and signals for so long, in new directories below DIRECTORY and
/dev/shm, and compare what arrives, the exit status, the JSON object, and what
is left of files and processes, with what the manual promises.

SEED is a number, or `-` for a random one.  Each run has choices of its own,
which SEED/RUN repeats; moments are random all the same.  Each run takes one of
the ZCOPYs.  $FAULT_LIB is tests/fault.c.  The directory of a run that differs
is kept.  Exit with 1 if one did, or if something never happened.
"""

import collections
import ctypes
import json
import os
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from soak_ends import (DESTS, PATIENCE, SOURCES, Dest, Discard, Source,
                       children, contents, wait_until)
from soak_model import METHODS, OLD, Request
from soak_trouble import Trouble

PR_SET_CHILD_SUBREAPER = 36
MOST_FINDINGS = 10

UNSEEN = ["null", "discard"]    # DESTs that keep nothing

# What must happen in a soak of so many runs.
ENOUGH = 3000
WANTED = ["from " + kind for kind in SOURCES] + \
    ["to " + kind for kind in DESTS] + \
    ["by " + method for method in METHODS if method != "reflink"] + \
    ["status %d" % status for status in (0, 3, 4, 5, 6, 7, 8, 9)] + \
    [name + " landed" for name in ("kill", "signal", "stop", "harmless",
                                   "harmful", "peer", "change")]


class Differs(Exception):
    """What came is not what was promised."""


def expect(truth, text, *values):
    if not truth:
        raise Differs(text % values)


class Run:
    """One run, in the current directory, which is empty."""
    def __init__(self, seed, number, zcopy, discard, shared):
        self.number, self.zcopy, self.discard = number, zcopy, discard
        chance = random.Random("%s/%d" % (seed, number))
        self.request = Request(chance, cuts=chance.randrange(5) == 0)
        self.trouble = Trouble(self.request, chance)
        self.to = os.path.abspath("to")
        if chance.randrange(3) == 0:    # another file system
            self.to = os.path.join(shared, "to")
        os.mkdir(self.to)
        cut = self.request.cut_source
        self.source = Source(self.request.source, self.request.data, chance,
                             cut)
        self.dests = []
        for kind in self.request.dests:
            cut = None
            if kind == self.request.cut_dest:
                cut = chance.randrange(len(self.request.moved()) + 1)
            self.dests.append(Dest(kind, self.to, chance, cut))
        self.status = self.hits = self.said = None
        self.errors = ""

    def command(self):
        return ([self.zcopy, "--json-file=json"] + self.request.options +
                ["--also=" + dest.operand for dest in self.dests[1:]] +
                [self.source.operand, self.dests[0].operand])

    def environment(self):
        names = dict(os.environ, LC_ALL="C")
        if self.trouble.fault:
            names.update(FAULT=self.trouble.fault, FAULT_LOG="hits",
                         LD_PRELOAD=os.environ["FAULT_LIB"])
        if self.trouble.stops:
            # It waits for ever for its own tracer if that is stopped.
            names["LSAN_OPTIONS"] = "detect_leaks=0"
        return names

    def run(self):
        for name, its in (("header", self.request.header),
                          ("trailer", self.request.trailer)):
            with open(name, "wb") as file:
                file.write(its)
        self.source.make(self.zcopy, "errors")
        if self.request.position:
            os.lseek(self.source.stdin, self.request.position, os.SEEK_SET)
        for dest in self.dests:
            dest.make(self.zcopy, self.discard, OLD)
        stdout = [dest.stdout for dest in self.dests
                  if dest.stdout is not None]
        with open("errors", "wb") as errors:
            child = subprocess.Popen(
                self.command(), stdin=self.source.stdin or subprocess.DEVNULL,
                stdout=stdout[0] if stdout else subprocess.DEVNULL,
                stderr=errors, env=self.environment())
        for fd in stdout:
            os.close(fd)
        for end in [self.source] + self.dests:
            end.begin()
        self.trouble.befall(child, self.source, self.dests)
        self.wait(child)
        self.end()

    def wait(self, child):
        try:
            self.status = child.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            where = contents("/proc/%d/stack" % child.pid) or b""
            child.kill()
            child.wait()
            raise Differs("it hangs: %s" % where.decode()) from None

    def end(self):
        """Let all far ends come to their ends."""
        self.left = b""
        if self.source.kind == "pipe":
            while piece := os.read(self.source.stdin, 1 << 20):
                self.left += piece
        if self.source.kind == "file":
            self.position = os.lseek(self.source.stdin, 0, os.SEEK_CUR)
        if self.source.stdin is not None:
            os.close(self.source.stdin)
        for end in [self.source] + self.dests:
            name = getattr(end, "operand", end.kind)
            expect(end.worker is None or end.worker.end(),
                   "the far end of %s hangs", name)
            if end.peer is not None and end.peer.child is not None:
                if end is not self.source and not self.peer_met(end):
                    end.peer.child.kill()       # nobody will connect
                expect(end.peer.end(), "the peer of %s hangs", name)
        self.errors = (contents("errors") or b"").decode(errors="replace")
        self.hits = (contents("hits") or b"").count(b"\n")
        said = contents("json")
        try:
            self.said = json.loads(said) if said else None
        except ValueError:
            expect(self.status == -signal.SIGKILL or self.trouble.fault,
                   "the JSON is none: %s", said)

    def peer_met(self, end):
        """A receiver that nobody has connected to waits for ever."""
        def decided():
            port = end.operand.rpartition(":")[2]
            with open("/proc/net/tcp", encoding="ascii") as file:
                listens = ":%04X 00000000:0000 0A" % int(port) in file.read()
            return not listens or end.peer.child.poll() is not None
        return wait_until(decided, 0.2)

    # What must be true afterwards

    def check(self):
        may = self.check_status()
        self.allow_for_change()
        if self.said is not None:
            self.check_json(may)
        for i, dest in enumerate(self.dests):
            said = self.said["dest"][i] if self.said else None
            self.check_dest(dest, said)
        self.check_rest()
        self.check_digest()
        self.check_files()
        self.check_processes()
        self.check_resume()

    def allow_for_change(self):
        """SOURCE may have been changed before zcopy opened it.  What was moved
        is the old range or the new one, but no mixture."""
        request = self.request
        if not self.trouble.change or not self.trouble.landed:
            return
        request.says_digest = False
        if self.status == 0:
            request.last = request.first + self.said["bytes"]
        if not all(self.fits(dest) for dest in self.dests):
            request.data = contents("in")
            if self.status != 0 and not request.has("bytes"):
                request.last = len(request.data)

    def fits(self, dest):
        """Return True if this destination has what the model says."""
        request, got = self.request, dest.got()
        if dest.kind in UNSEEN or (self.status != 0 and got in (
                None, dest.old)):
            return True
        if self.status == 0:
            return got == request.outcome(dest.kind, request.moved())
        return request.arrived(dest.kind, got) is not None

    def check_status(self):
        trouble, request = self.trouble, self.request
        may = {request.natural} | request.also
        if trouble.name not in ("harmful", "harmless") or self.hits > 0:
            may |= trouble.may
        if len(self.dests) > 1 and request.natural == 0:
            may |= {0}
        if trouble.must:
            may = trouble.must | request.also
        expect(self.status in may, "status %d, not one of %s", self.status,
               sorted(may))
        expect("ERROR: " not in self.errors and
               "runtime error" not in self.errors, "a sanitizer complains")
        # A signal may come before zcopy can say anything.
        silent = (0, -signal.SIGPIPE, -signal.SIGKILL)
        if self.status > 0 or (self.said and self.status not in silent):
            expect(re.search("^zcopy: ", self.errors, re.M), "no message")
        return may

    def check_json(self, may):
        """A signal may come when the object has been written."""
        status = 128 - self.status if self.status < 0 else self.status
        expect(self.said["status"] == status or (
            self.trouble.signal and self.said["status"] in may),
               "JSON says status %s, not %s", self.said["status"], status)
        if self.status == 0:
            size = self.request.last - self.request.first
            expect(self.said["bytes"] == size, "JSON counts %s bytes, not %s",
                   self.said["bytes"], size)
        buffer = self.said["buffer"]
        expect(buffer is None or buffer["most"] <= buffer["size"],
               "the buffer was too full")

    def check_dest(self, dest, said):
        request, moved = self.request, self.request.moved()
        name, got = dest.operand, dest.got()
        whole = request.outcome(dest.kind, moved)
        if dest.kind == "discard" and self.status == 0:
            self.check_discard(dest, len(moved))
        if dest.kind in UNSEEN:
            return
        if dest.cut is not None:
            self.check_cut(dest, got, len(moved))
        elif self.status == 0 or (said and said["status"] == 0):
            expect(got == whole, "%s has %s bytes, not %s, or others", name,
                   got and len(got), len(whole))
            # A receiver that is killed may have closed before.
            expect(dest.ended() is not False or self.trouble.peer,
                   "%s saw no end", name)
        elif dest.ended() and dest.kind in ("exec", "tcp", "zcopy"):
            expect(got == whole, "%s saw an end after %s of %s bytes", name,
                   got and len(got), len(whole))
        elif got is None or got == dest.old:
            expect(got == dest.old, "%s is gone", name)
        elif dest.kind == "zcopy" or (dest.kind in ("new", "old") and
                                      not request.in_place):
            # Too late to take it back.
            expect(self.status < 0 or self.trouble.name in (
                "peer", "harmful", "kill"), "%s was replaced", name)
            expect(got == whole, "%s has %s bytes, not %s, or others", name,
                   len(got), len(whole))
        else:
            self.check_part(dest, got, said)

    def check_cut(self, dest, got, size):
        """The far end has gone away.  A pipe can hold 256 pieces of a socket
        by then, of up to 32 KiB."""
        room = 1 << 23 if dest.kind in ("pipe", "fifo") else 0
        expect(self.request.moved().startswith(got or b""),
               "%s has other bytes", dest.operand)
        expect(self.status != 0 or size <= dest.cut + room,
               "%s is a success", dest.operand)

    def check_part(self, dest, got, said):
        """What a transfer that failed leaves in a pipe, or in place."""
        count = self.request.arrived(dest.kind, got)
        expect(count is not None, "%s has %d bytes that are not the first "
               "ones", dest.operand, len(got))
        if said is None or dest.cut is not None or dest.kind in (
                "tcp", "exec"):
            return
        size = self.request.last - self.request.first
        count = max(0, min(size, count - len(self.request.header)))
        expect(said["bytes"] == count, "JSON counts %d bytes to %s, not %d",
               said["bytes"], dest.operand, count)

    def check_discard(self, dest, size):
        lines = wait_until(lambda: dest.discard.lines()[dest.before:], 5)
        expect(lines and re.search(r"\b%d bytes" % size, lines[-1]),
               "--discard says %s, not %d bytes", lines, size)

    def check_rest(self):
        """What was not asked for is left for the next reader."""
        request = self.request
        if self.status != 0:
            return
        if self.source.kind == "pipe" and request.counted:
            expect(self.left == request.data[request.last:],
                   "%d bytes are left in the pipe, not %d", len(self.left),
                   len(request.data) - request.last)
        if self.source.kind == "file":
            expect(self.position == request.last,
                   "the position is %d, not %d", self.position, request.last)

    def check_digest(self):
        if self.status != 0 or not self.request.says_digest:
            return
        expect("sha256:%s  " % self.request.digest in self.errors,
               "not the digest %s", self.request.digest)
        expect(self.said["digest"]["value"] == self.request.digest,
               "JSON has not the digest")

    def check_files(self):
        killed = self.status == -signal.SIGKILL or \
            self.trouble.name == "peer"
        for name in os.listdir(self.to):
            if name in self.request.dests:
                continue
            if killed and re.fullmatch(r"\.\w+\.zcopy-\w{6}", name):
                continue        # as the manual says
            expect(re.fullmatch(r"\w+\.part(\.zcopy)?", name) and
                   self.request.mode == "resume" and
                   (self.status != 0), "it left %s", name)
        if self.status != -signal.SIGKILL:
            for name in ("out-listen",):
                expect(not os.path.exists(name), "it left %s", name)

    def check_processes(self):
        own = {self.discard.child.pid}
        expect(wait_until(lambda: self.reap(own), 10),
               "processes are left: %s", children() - own)

    @staticmethod
    def reap(own):
        """Reap what is left of zcopy's children; true if nothing is."""
        for pid in children() - own:
            try:
                os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                pass
        return not children() - own

    def check_resume(self):
        """The next run with --resume, without trouble, completes DEST."""
        if self.request.mode != "resume" or self.status == 0 or \
                self.trouble.change or self.status == 9:
            return
        stdin = subprocess.DEVNULL
        if self.source.kind == "file":
            stdin = os.open("in", os.O_RDONLY)
            os.lseek(stdin, self.request.position, os.SEEK_SET)
        with open("errors2", "wb") as errors:
            status = subprocess.run(self.command(), stdin=stdin, check=False,
                                    stderr=errors, timeout=PATIENCE).returncode
        if stdin != subprocess.DEVNULL:
            os.close(stdin)
        errors = (contents("errors2") or b"").decode()
        expect(status in {self.request.natural} | self.request.also,
               "status %d when it was resumed: %s", status, errors)
        if status == 0:
            dest = self.dests[0]
            expect(dest.got() == self.request.moved(),
                   "what was resumed is not right: %s", errors)
            left = [name for name in os.listdir(self.to) if "part" in name]
            expect(not left, "it left %s after resuming", left)

    def describe(self):
        return "%s\nSOURCE %s, %d bytes from %d, cut %s; natural %d; " \
            "trouble %s %s%s, fault %s, %s hits; status %s\n%s%s" % (
                shlex.join(self.command()), self.source.kind,
                len(self.request.data), self.request.position,
                (self.source.cut, [dest.cut for dest in self.dests]),
                self.request.natural, self.trouble.name,
                self.trouble.signal or "", self.trouble.change or "",
                self.trouble.fault or "none", self.hits, self.status,
                self.errors[-2000:], json.dumps(self.said))


class Soak:
    def __init__(self, top, minutes, seed, programs):
        self.until = time.monotonic() + 60 * float(minutes)
        self.seed, _, only = seed.partition("/")
        self.only = int(only) if only else None
        if self.seed == "-":
            self.seed = str(random.SystemRandom().getrandbits(32))
        self.programs = [os.path.abspath(each) for each in programs]
        self.top = tempfile.mkdtemp(prefix="soak-", dir=top)
        self.shared = tempfile.mkdtemp(prefix="zcopy-soak-", dir="/dev/shm")
        self.count, self.findings = collections.Counter(), 0
        print("seed %s, in %s" % (self.seed, self.top), flush=True)

    def run_one(self, number):
        """Return True if all is as promised."""
        chance = random.Random("%s/%d/zcopy" % (self.seed, number))
        zcopy = chance.choice(self.programs)
        directory = os.path.join(self.top, "run-%d" % number)
        os.mkdir(directory)
        os.chdir(directory)
        run = Run(self.seed, number, zcopy, self.discard, self.shared)
        try:
            run.run()
            run.check()
        except Differs as differs:
            print("%s/%d: %s\n%s\n" % (self.seed, number, differs,
                                       run.describe()), flush=True)
            self.findings += 1
            for pid in children() - {self.discard.child.pid}:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            self.clean(None)
            return False
        self.clean(directory)
        self.note(run)
        return True

    def clean(self, directory):
        os.chdir(self.top)
        if directory is not None:
            shutil.rmtree(directory)
        shutil.rmtree(os.path.join(self.shared, "to"), ignore_errors=True)

    def note(self, run):
        """Count what has happened."""
        trouble = run.trouble
        what = ["runs", "status %d" % run.status, "from " + run.source.kind]
        what += ["to " + dest.kind for dest in run.dests]
        if run.status == 0:
            what += ["by " + run.request.method, run.request.mode]
        if trouble.name != "none":
            what.append(trouble.name)
            if trouble.has_landed(run.status, run.hits):
                what.append(trouble.name + " landed")
        self.count.update(what)

    def say(self):
        print(", ".join("%s %d" % each for each in sorted(self.count.items())),
              flush=True)

    def soak(self):
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        os.chdir(self.top)
        self.discard = Discard(self.programs[0], self.top)
        self.discard.start()
        chance = random.Random(self.seed)
        self.discard.crowd(100, chance)
        before, own = self.discard.holds(), len(os.listdir("/proc/self/fd"))
        number = 0
        while time.monotonic() < self.until and \
                self.findings < MOST_FINDINGS:
            if self.only is not None:
                number = self.only
                shutil.rmtree("run-%d" % number, ignore_errors=True)
            self.run_one(number)
            number += 1
            if number % 500 == 0:
                self.say()
        self.discard.crowd(300, chance)
        self.judge_discard(before)
        if len(os.listdir("/proc/self/fd")) != own:
            print("this program leaks descriptors")
            self.findings += 1
        self.say()

    def judge_discard(self, before):
        """The clients of the whole run have left nothing in --discard."""
        wait_until(lambda: self.discard.holds()[0] == before[0], 5)
        after = self.discard.holds()
        print("--discard: %d clients; descriptors %d, then %d; memory %d KiB, "
              "then %d" % (len(self.discard.lines()), before[0], after[0],
                           before[1], after[1]))
        self.findings += after[0] != before[0]
        self.findings += after[1] > before[1] + 1024
        self.discard.child.terminate()
        self.findings += not self.discard.end()

    def finish(self):
        """Return the exit status."""
        shutil.rmtree(self.shared)
        os.chdir("/")
        never = [what for what in WANTED if not self.count[what]]
        if self.count["runs"] >= ENOUGH and never:
            print("never:", ", ".join(never))
            self.findings += 1
        if self.findings == 0:
            shutil.rmtree(self.top)
        return int(self.findings > 0)


if __name__ == "__main__":
    soak = Soak(*sys.argv[1:4], sys.argv[4:])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    try:
        soak.soak()
    finally:
        for pid in children():
            os.kill(pid, signal.SIGKILL)
    sys.exit(soak.finish())
