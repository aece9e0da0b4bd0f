"""Usage: reads-on.py GOT WHOLE

Copy standard input to the file GOT, and make the file WHOLE at its end.  SIGTERM
is caught, and changes nothing.
"""
import os
import signal
import sys

signal.signal(signal.SIGTERM, lambda number, frame: None)
with open(sys.argv[1], "wb", buffering=0) as got:
    while data := os.read(0, 65536):
        got.write(data)
open(sys.argv[2], "w", encoding="ascii").close()
