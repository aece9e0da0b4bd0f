"""direct.py NUMBER FILE OFFSET COMMAND... - run COMMAND with FILE, opened with
O_DIRECT, as descriptor NUMBER, 0 to read from or 1 to write to, at OFFSET, or
with O_APPEND if that is "append"."""

import os
import sys

number, name, offset = int(sys.argv[1]), sys.argv[2], sys.argv[3]
flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT
if offset == "append":
    flags |= os.O_APPEND
    offset = 0
fd = os.open(name, flags | os.O_DIRECT, 0o666)
os.lseek(fd, int(offset), os.SEEK_SET)
os.dup2(fd, number)
os.close(fd)
os.execvp(sys.argv[4], sys.argv[4:])
