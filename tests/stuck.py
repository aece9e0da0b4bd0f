"""
Run COMMAND with standard error on a terminal that takes nothing (Ctrl-S), and
exit with its status.

    stuck.py COMMAND...
"""
import os
import subprocess
import sys
import termios

master, slave = os.openpty()
termios.tcflow(slave, termios.TCOOFF)
sys.exit(subprocess.run(sys.argv[1:], stderr=slave, timeout=15).returncode)
