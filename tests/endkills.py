#!/usr/bin/env python3
"""
Kill zcopy near its end, again and again.

    endkills.py ZCOPY IN OUT KILLS

Run ZCOPY IN OUT, where OUT has the same content, and kill it (SIGKILL) at a
random moment of the last quarter of the time that it takes.  OUT must have
that content afterwards; a temporary name may be left.  A kill counts if ZCOPY
was still running; fail if fewer than one in ten kills count.
"""
import filecmp
import os
import random
import signal
import subprocess
import sys
import time


def run(command):
    """Return how many seconds the command took."""
    began = time.monotonic()
    subprocess.run(command, check=True)
    return time.monotonic() - began


def kill_after(command, seconds):
    """Return True if the command was still running."""
    with subprocess.Popen(command) as child:
        time.sleep(seconds)
        alive = child.poll() is None
        child.kill()
    return alive and child.returncode == -signal.SIGKILL


def main(zcopy, source, dest, kills):
    command = [zcopy, source, dest]
    landed = tried = 0
    while landed < kills:
        # Measure again now and then, because the disk's speed varies.
        if tried % 10 == 0:
            duration = min(run(command) for _ in range(3))
        landed += kill_after(command, duration * random.uniform(0.75, 1))
        tried += 1
        if not filecmp.cmp(source, dest, shallow=False):
            sys.exit("OUT is neither the old nor the new file")
        if tried > 10 * kills:
            sys.exit(f"{landed} of {tried} kills found it running")
    strays = [name for name in os.listdir(os.path.dirname(dest) or ".")
              if ".zcopy-" in name]
    print(f"{kills} kills, {len(strays)} names left: {strays}")


if __name__ == "__main__":
    main(*sys.argv[1:4], int(sys.argv[4]))
