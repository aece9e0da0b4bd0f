"""
Run COMMAND with standard error on a pipe that is full and that nobody reads,
and exit with its status.

    full.py COMMAND...
"""
import os
import subprocess
import sys


def fill(pipe):
    """A write of 4096 takes a whole page of the pipe, then of what is left."""
    os.set_blocking(pipe, False)
    for size in 4096, 1:
        try:
            while True:
                os.write(pipe, b"x" * size)
        except BlockingIOError:
            pass
    os.set_blocking(pipe, True)


reader, writer = os.pipe()
fill(writer)
sys.exit(subprocess.run(sys.argv[1:], stderr=writer, timeout=15).returncode)
