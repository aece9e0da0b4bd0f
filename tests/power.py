#!/usr/bin/env python3
"""
Take the power from a disk while zcopy writes to it, again and again.

    power.py TYPE ROUNDS COMMAND...

Run `COMMAND [OPTION] SOURCE DEST` on a file system of this TYPE (ext4, xfs), on
a loop device whose backing file is in the current directory.  At a random
moment clone the backing file, which has what a disk without a volatile cache
would have kept: all that the file system has sent to it, and nothing of the
page cache above it.  FICLONE does that at one instant; a copy that takes time
would have new blocks next to old ones, as no disk has.  Then mount the clone,
and look for DEST.

If COMMAND had ended when the clone was made, DEST must be the new file, whole;
otherwise the new one or the old one, whole, unless it is written in place.
Print what was found.  Exit with 1 if that was broken.

Mounts are made in the current namespace: run it by `unshare -m`.  The current
directory must be on a file system that can clone files.
"""
import collections
import contextlib
import fcntl
import os
import random
import select
import subprocess
import sys
import tempfile
import time

FICLONE = 0x40049409
MODE = 0o640
MIB = 1 << 20
LIMITS = [MIB, 12 * MIB]            # above 8 MiB, writeback begins early
SIZES = {"ext4": 64 * MIB, "xfs": 320 * MIB}

# How DEST is written: the options, whether there is an old file, and whether
# DEST is whole at any time.
Way = collections.namedtuple("Way", "name options old whole")
WAYS = [
    Way("replaced", [], True, True),
    Way("new", [], False, True),
    Way("new, --no-clobber", ["--no-clobber"], False, True),
    Way("new, --inplace", ["--inplace"], False, False),
    Way("--append", ["--append"], True, False),
]


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE,
                          text=True).stdout.strip()


@contextlib.contextmanager
def mounted(image, at, *options):
    """Mount the image.  The loop device goes away with the mount."""
    for tries in range(100):
        try:
            device = run("losetup", "-f", "--show", image)
            break
        except subprocess.CalledProcessError:
            if tries == 99:         # others may want the same device
                raise
    try:
        run("mount", *options, device, at)
    finally:
        run("losetup", "-d", device)
    try:
        yield
    finally:
        run("umount", at)


def clone(source, dest):
    with open(source, "rb") as old, open(dest, "wb") as new:
        fcntl.ioctl(new.fileno(), FICLONE, old.fileno())


def content(path):
    """Return the bytes of the file, or None if there is none."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


class Disk:
    def __init__(self, kind, command):
        self.command = command
        self.options = ["-o", "nouuid"] if kind == "xfs" else []
        self.seconds = 0.05         # that a run takes
        self.runs = 0
        with open("disk", "wb") as image:
            image.truncate(SIZES[kind])
        run(f"mkfs.{kind}", "-q", "disk")
        os.mkdir("live")
        os.mkdir("after")

    def prepare(self, way, name):
        """Return what DEST holds, which has reached the disk."""
        if not way.old:
            return None
        old = os.urandom(random.randint(1, MIB))
        with open(f"live/{name}", "wb") as file:
            file.write(old)
            os.fchmod(file.fileno(), MODE)
        run("sync", "-f", "live")
        return old

    def lose_power(self, way, source, name):
        """Run COMMAND, and clone the disk at a random moment.  Return whether
        COMMAND had ended before."""
        began = time.monotonic()
        with subprocess.Popen(self.command + way.options +
                              [source, f"live/{name}"]) as child:
            ended = os.pidfd_open(child.pid)
            # One in three waits until COMMAND has ended.
            until = random.uniform(0, 1.5 * self.seconds) \
                if self.runs % 3 else None
            had_ended = bool(select.select([ended], [], [], until)[0])
            took = time.monotonic() - began
            clone("disk", "disk.after")
            select.select([ended], [], [])
            os.close(ended)
        if child.returncode != 0:
            sys.exit(f"{way.name}: status {child.returncode}")
        self.seconds = took if had_ended else 1.1 * self.seconds
        return had_ended

    def round(self, source):
        """Return what was found, and whether it is as promised."""
        way = random.choice(WAYS)
        self.runs += 1
        name = f"file-{self.runs}"
        old = self.prepare(way, name)
        new = os.urandom(random.randint(1, random.choice(LIMITS)))
        with open(source, "wb") as file:
            file.write(new)
        had_ended = self.lose_power(way, source, name)
        if "--append" in way.options:
            new = old + new
        with mounted("disk.after", "after", *self.options):
            found = content(f"after/{name}")
            if found == new and old is not None and \
                    os.stat(f"after/{name}").st_mode & 0o7777 != MODE:
                found = b""         # the mode was lost
        os.unlink(f"live/{name}")
        what = "new" if found == new else "old" if found == old else "neither"
        right = what == "new" or (not had_ended and
                                  (what == "old" or not way.whole))
        return ("ended" if had_ended else "running", what, right, way.name)


def main(kind, rounds, command):
    found = collections.Counter()
    broken = 0
    with tempfile.NamedTemporaryFile() as source:
        disk = Disk(kind, command)
        with mounted("disk", "live"):
            for _ in range(rounds):
                when, what, right, way = disk.round(source.name)
                found[when, what] += 1
                broken += not right
                if not right:
                    print(f"{way}: {when}, and DEST is {what}")
    for (when, what), count in sorted(found.items()):
        print(f"zcopy {when}, DEST {what}: {count}")
    print(f"{kind}: {rounds} losses of power, {broken} broken promises")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), sys.argv[3:]))
