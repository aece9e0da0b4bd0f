"""
Run a command whose standard input is a pipe of packets.

    packets.py FILE COMMAND...

The pipe(2) with O_DIRECT gets FILE in packets of up to 4096 bytes.  Exit with
the command's status, or with 98 if it has not taken all of FILE.
"""
import os
import random
import signal
import subprocess
import sys

PACKET_MOST = 4096


def feed(pipe, data):
    """Write the data; stop where nobody reads any more."""
    at = 0
    try:
        while at < len(data):
            at += os.write(pipe, data[at:at + random.randint(1, PACKET_MOST)])
    except BrokenPipeError:
        pass
    return at == len(data)


def main(name, *command):
    with open(name, "rb") as file:
        data = file.read()
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    source, pipe = os.pipe2(os.O_CLOEXEC | os.O_DIRECT)
    child = subprocess.Popen(command, stdin=source)
    os.close(source)
    fed = feed(pipe, data)
    os.close(pipe)
    sys.exit(child.wait() or (0 if fed else 98))


if __name__ == "__main__":
    main(*sys.argv[1:])
