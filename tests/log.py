"""
Run COMMAND, write what it sends to /dev/log to FILE, and exit with its status.

    log.py FILE COMMAND...
"""
import socket
import subprocess
import sys

daemon = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
daemon.bind("/dev/log")
status = subprocess.run(sys.argv[2:], timeout=15).returncode
daemon.setblocking(False)
with open(sys.argv[1], "wb") as file:
    try:
        while line := daemon.recv(8192):
            file.write(line.rstrip(b"\0\n") + b"\n")
    except BlockingIOError:
        pass
sys.exit(status if status >= 0 else 128 - status)
