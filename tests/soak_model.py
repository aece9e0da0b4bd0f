"""What a run of soak.py asks zcopy for, and what must come of that."""

import hashlib

from random_data import KIB, make_data, make_range, range_options
from soak_ends import DESTS, FILES, SOURCES

OLD = b"what was there before\n" * 5000
NETWORK = ["tcp", "unix", "listen", "zcopy", "discard"]
METHODS = ["copy_file_range", "sendfile", "splice", "mmap", "reflink"]


class Request:
    """One command line, chosen at random.

    `data` is all of SOURCE; its bytes from `first` to `last` are to be moved.
    `natural` is the status if nothing interferes, and `also` are statuses that
    the options may lead to besides.
    """
    def __init__(self, chance, cuts):
        self.chance = chance
        self.options = []
        self.also = set()
        self.natural = 0
        self.position = 0
        self.header = self.trailer = b""
        self.choose_ends()
        self.cut_source = self.cut_dest = None
        if cuts:
            self.choose_cut()
        self.choose_range()
        self.choose_mode()
        self.choose_method()
        self.choose_care()
        self.choose_reports()
        self.choose_network()

    def one_in(self, n):
        return self.chance.randrange(n) == 0

    def choose_ends(self):
        self.source = self.chance.choice(SOURCES)
        self.dests = []
        count = self.chance.choice([1, 1, 1, 1, 2, 2, 3])
        while len(self.dests) < count:
            kind = self.chance.choice(DESTS)
            if kind not in self.dests:
                self.dests.append(kind)
        self.data = make_data(self.chance, 8000 * KIB if self.one_in(10) else
                              3000 * KIB)
        if self.source == "zero":
            self.data = bytes(len(self.data))
        if self.source == "file" and self.one_in(2):
            self.position = self.chance.randrange(len(self.data) + 1)

    def choose_cut(self):
        """Let a far end go away after so many bytes."""
        if self.one_in(2) and self.source in (
                "pipe", "fifo", "tcp", "unix", "listen", "exec"):
            self.cut_source = self.chance.randrange(len(self.data) + 1)
            if self.source in ("pipe", "fifo", "unix"):
                # It looks like the end.
                self.data = self.data[:self.cut_source]
            return
        for dest in self.dests:
            if dest in ("pipe", "fifo", "tcp", "unix", "listen", "exec"):
                self.cut_dest = dest

    def choose_range(self):
        left = len(self.data) - self.position
        offset, count, allow = make_range(self.chance, left)
        if self.source == "zero":
            offset, count = 0, len(self.data)
        rest = max(left - offset, 0)
        self.options += range_options(offset, count, allow)
        self.first = min(self.position + offset, len(self.data))
        self.last = self.first + (rest if count is None else min(count, rest))
        if not allow and (offset > left or
                          (count is not None and count > rest)):
            self.natural = 6
        if not allow and not self.data and count != 0 and \
                self.source in ("listen", "zcopy"):
            self.natural = 6
        self.counted = count is not None and count <= rest

    def choose_mode(self):
        modes = ["replace"]
        if set(self.dests) <= set(FILES):
            modes += ["replace", "inplace", "append", "seek"]
        elif set(self.dests) & set(FILES):
            modes += ["inplace"]
        if self.dests == ["new"]:
            modes += ["no-clobber"]
        if self.dests in (["new"], ["old"]) and self.source in (
                "path", "file"):
            modes += ["resume"] * 4
        self.mode = self.chance.choice(modes)
        self.seek = self.chance.choice([1, 4096, 70001, 500000])
        if self.mode == "seek":
            self.options.append("--seek=%d" % self.seek)
        elif self.mode != "replace":
            self.options.append("--" + self.mode)
        self.in_place = self.mode in ("inplace", "append", "seek")
        if self.one_in(5) and self.mode != "resume":
            self.header, self.trailer = b"head" * 100, b"tail" * 2000
            self.options += ["--header=header", "--trailer=trailer"]

    def choose_method(self):
        self.method = "auto"
        if self.one_in(4):
            self.method = self.chance.choice(METHODS)
            self.also.add(9)
        elif self.one_in(6):
            self.method = "read-write"
        elif self.one_in(6):
            self.options.append("--select=" + self.chance.choice(
                ["64K:read-write,*:splice", "1M:mmap,*:sendfile",
                 "100:splice,2M:copy_file_range", "*:reflink"]))
        elif self.one_in(6):
            self.options.append("--stable")
        if self.method != "auto":
            self.options.append("--method=" + self.method)
        if self.one_in(4):
            self.options.append("--block-size=%d" % self.chance.choice(
                [4096, 5000, 65536, 1000000]))
        if self.one_in(4):
            self.options.append("--pipe-size=%d" % self.chance.choice(
                [4096, 65536, 300000]))
        if self.one_in(5):
            self.options.append("--buffer=" + self.chance.choice(
                ["1", "4K", "100000", "1M", "16M"]))

    def choose_care(self):
        files = set(self.dests) & set(FILES)
        copies = self.method in ("auto", "read-write")
        if len(self.dests) > 1 and self.one_in(3):
            self.options.append("--all-or-none")
        if files and self.one_in(6):
            self.options.append("--sync")
        if files and copies and self.one_in(10):
            self.options.append("--no-cache")
        if files == set(self.dests):
            if self.one_in(4):
                self.options.append("--sparse=never")
            elif copies and self.mode != "append" and self.one_in(4):
                self.options.append("--sparse=always")
            if self.source in ("path", "file") and self.one_in(8):
                self.options.append("--preserve")
        self.choose_digest()
        # So slow that something can happen half way.
        self.slow = self.one_in(4)
        if self.slow:
            self.options.append("--rate=%d" % max(
                1000, len(self.data) / self.chance.uniform(0.05, 0.5)))

    def choose_digest(self):
        wanted = self.data[self.first:self.last]
        self.digest = hashlib.sha256(wanted).hexdigest()
        self.says_digest = self.one_in(5)
        if self.says_digest:
            self.options.append("--digest=sha256")
        elif self.one_in(5):
            digest = self.digest
            if self.one_in(3) and wanted:
                digest = "%064x" % (int(digest, 16) ^ 1)
                self.natural = self.natural or 8
            self.options.append("--expect=sha256:" + digest)
        elif self.one_in(10):
            self.options.append("--digest=xxh3")

    def choose_reports(self):
        self.quiet = self.source not in ("listen", "zcopy") and self.one_in(3)
        if self.quiet:
            self.options.append("--quiet")
        elif self.one_in(2):
            self.options.append(self.chance.choice(["--verbose",
                                                    "--progress"]))

    def choose_network(self):
        if self.one_in(6):
            self.options.append("--timeout=25")
        self.confirm = "close"
        # Without the peer's close, its death may remain unseen.
        if set(self.dests) & set(NETWORK) and not self.cut_dest and \
                self.one_in(6):
            self.confirm = self.chance.choice(["ack", "none"])
            self.options.append("--confirm=" + self.confirm)
        if self.source in ("tcp", "unix") and self.one_in(3):
            self.options.append("--retry=2")

    def has(self, option):
        return any(each.split("=")[0] == "--" + option
                   for each in self.options)

    def moved(self):
        """Return all that is to arrive at a destination."""
        return self.header + self.data[self.first:self.last] + self.trailer

    def outcome(self, dest, moved):
        """Return the content of this destination once that has arrived."""
        if dest not in FILES or not self.in_place or self.mode == "inplace":
            return moved
        old = OLD if dest == "old" else b""
        if self.mode == "append":
            return old + moved
        if not moved:
            return old
        old = old.ljust(self.seek, b"\0")
        return old[:self.seek] + moved + old[self.seek + len(moved):]

    def arrived(self, dest, got):
        """Return how much of moved() has arrived; None: something else has."""
        if dest not in FILES or not self.in_place or self.mode == "inplace":
            return len(got) if self.moved().startswith(got) else None
        base = {"append": len(OLD if dest == "old" else b""),
                "seek": self.seek}[self.mode]
        wanted, there = self.moved(), got[base:]
        count = min(len(wanted), len(there))
        low = 0                 # find the first difference
        while low < count:
            middle = (low + count + 1) // 2
            if wanted[low:middle] == there[low:middle]:
                low = middle
            else:
                count = middle - 1
        if got == self.outcome(dest, wanted[:count]):
            return count
        return None
