"""buffer-runs.py ZCOPY RUNS [SEED] - run zcopy with --buffer and random options
between random ends in the current directory, and compare all that arrives, the
exit status and what is left of SOURCE with a model.  Print the seed, which
repeats a run, and exit with 1 at the first difference."""

import json
import os
import random
import shlex
import subprocess
import sys
import threading

from random_data import bursts, feed, make_data, make_range, range_options

zcopy, runs = sys.argv[1], int(sys.argv[2])
seed = int(sys.argv[3]) if len(sys.argv) > 3 and sys.argv[3] else \
    random.SystemRandom().getrandbits(32)
chance = random.Random(seed)
print("seed", seed)

OLD = b"what was there before\n" * 50
seen = {"success": 0, "short": 0, "digest": 0, "full": 0, "rest": 0}


def one_in(n):
    return chance.randrange(n) == 0


class Run:
    def __init__(self):
        self.data = make_data(chance)
        self.position = 0
        self.source = chance.choice(["path", "file", "pipe", "pipe", "exec"])
        if self.source == "file" and one_in(2):
            self.position = chance.randrange(len(self.data) + 1)
        self.left = len(self.data) - self.position
        self.dests = chance.sample(["new", "old", "-", "exec:"],
                                   chance.choice([1, 1, 2, 3]))
        self.options = ["--buffer=" + chance.choice(
            ["1", "4K", "100000", "1M", "1M", "16M"])]
        self.header = self.trailer = b""
        self.in_place = False
        self.status = 0
        self.choose_range()
        self.choose_mode()
        self.choose_care()

    def choose_range(self):
        offset, count, allow = make_range(chance, self.left)
        rest = max(self.left - offset, 0)
        self.options += range_options(offset, count, allow)
        self.from_ = min(self.position + offset, len(self.data))
        self.to = self.from_ + (rest if count is None else min(count, rest))
        if not allow and (offset > self.left or
                          (count is not None and count > rest)):
            self.status = 6
        # Then the destinations are not touched at all.
        self.past = self.status == 6 and offset > self.left
        # What of SOURCE is left is known.
        self.exact = count is not None and count <= rest

    def choose_mode(self):
        if self.dests in (["new"], ["old"]) and one_in(3):
            self.options.append("--inplace")
            self.in_place = True
        if one_in(4):
            self.header, self.trailer = b"head" * 100, b"tail" * 2000
            self.options += ["--header=header", "--trailer=trailer"]

    def choose_care(self):
        wanted = self.data[self.from_:self.to]
        if one_in(4):
            self.options.append(chance.choice(
                ["--rate=%dM" % chance.choice([20, 200]), "--stable",
                 "--method=read-write", "--timeout=15"]))
        if len(self.dests) > 1 and one_in(3):
            self.options.append("--all-or-none")
        if set(self.dests) <= {"new", "old"} and one_in(2):
            self.options.append(chance.choice(
                ["--sparse=always", "--sparse=never", "--sync", "--no-cache"]))
        if one_in(4):
            self.options.append("--block-size=%d" % chance.choice(
                [4096, 5000, 65536, 1000000]))
        if one_in(4):
            self.options.append("--pipe-size=%d" % chance.choice(
                [4096, 65536, 300000]))
        if one_in(4):
            sums = subprocess.run(["sha256sum"], input=wanted, check=True,
                                  stdout=subprocess.PIPE).stdout
            digest = sums.split()[0].decode()
            if one_in(3) and wanted:
                digest = "%064x" % (int(digest, 16) ^ 1)
                self.status = self.status or 8
            self.options.append("--expect=sha256:" + digest)

    def command(self):
        names = {"path": "in", "file": "-", "pipe": "-", "exec": "exec:cat in"}
        dests = [dest + "cat >told" if dest == "exec:" else dest
                 for dest in self.dests]
        return ([zcopy, "-q", "--json-file=json"] + self.options +
                ["--also=" + dest for dest in dests[1:]] +
                [names[self.source], dests[0]])

    def feed(self, fd):
        """Write the data to the pipe, and end it."""
        feed(fd, self.data, bursts(random.Random(seed), pauses=False))
        os.close(fd)

    def make(self):
        for name in ("in", "old", "new", "told", "header", "trailer"):
            if os.path.exists(name):
                os.unlink(name)
        content = {"in": self.data, "old": OLD, "header": self.header,
                   "trailer": self.trailer}
        for name, its in content.items():
            with open(name, "wb") as file:
                file.write(its)

    def run(self):
        """Return the status of zcopy, what it printed, and what was left of
        SOURCE."""
        self.make()
        feeder, stdin = None, os.open("in", os.O_RDONLY)
        os.lseek(stdin, self.position, os.SEEK_SET)
        if self.source == "pipe":
            os.close(stdin)
            stdin, writes = os.pipe()
            feeder = threading.Thread(target=self.feed, args=(writes,))
            feeder.start()
        child = subprocess.Popen(self.command(), stdin=stdin,
                                 stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE)
        out, errors = child.communicate(timeout=60)
        rest = b""
        while True:
            piece = os.read(stdin, 1 << 20)
            if not piece:
                break
            rest += piece
        os.close(stdin)
        if feeder is not None:
            feeder.join()
        return child.returncode, out, errors.decode(), rest

    def expected(self, dest):
        """Return what must be in a destination afterwards; None: nothing."""
        wanted = self.header + self.data[self.from_:self.to]
        if self.status == 0:
            return wanted + self.trailer
        if self.past:
            wanted = {"new": None, "old": OLD}.get(dest, b"")
        # A new file that got nothing is removed.
        if dest == "new" and not wanted:
            return None
        if dest == "-" or self.in_place:
            return wanted
        return {"new": None, "old": OLD}.get(dest, b"killed")

    def check(self, status, out, errors, rest):
        """Return what differs from the model, or None."""
        if status != self.status:
            return "status %d, not %d" % (status, self.status)
        for dest in self.dests:
            name = "told" if dest == "exec:" else dest
            got = out
            if name != "-":
                got = open(name, "rb").read() if os.path.exists(name) else None
            wanted = self.expected(dest)
            # A command that is killed may have got any part.
            if wanted != b"killed" and got != wanted:
                return "%s has %s bytes, not %s, or others" % (
                    dest, got and len(got), wanted and len(wanted))
        # exec and path leave their files to others.
        if self.source in ("pipe", "file") and (
                self.exact or self.source == "file"):
            seen["rest"] += 1
            if rest != self.data[self.to:]:
                return "%d bytes are left, not %d" % (
                    len(rest), len(self.data) - self.to)
        return self.check_json()

    def check_json(self):
        with open("json", encoding="utf-8") as file:
            said = json.load(file)
        if self.status == 0 and said["bytes"] != self.to - self.from_:
            return "it counted %d bytes" % said["bytes"]
        held = said["buffer"]
        if held is not None and held["most"] > held["size"]:
            return "the buffer held %d of %d bytes" % (
                held["most"], held["size"])
        seen["full"] += held is not None and held["full"] > 0
        return None


for number in range(runs):
    run = Run()
    result = run.run()
    differs = run.check(*result)
    if differs is not None:
        print("run %d: %s\n%s\n%s, %d bytes from %d\n%s" % (
            number, differs, shlex.join(run.command()), run.source,
            len(run.data), run.position, result[2]))
        sys.exit(1)
    seen[{0: "success", 6: "short", 8: "digest"}[run.status]] += 1

print(seen)
never = [what for what, count in seen.items() if count == 0]
if never:
    print("never seen:", *never)
    sys.exit(1)
