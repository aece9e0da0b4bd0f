"""
Run COMMAND with pipes of given sizes as its standard input and output.

    pipesize.py SOURCE DEST COMMAND...

SOURCE and DEST are sizes in bytes, or `-` to leave standard input or output
as it is.  Write `in` to the first pipe, and what comes out of the second to
`out`.  Print the sizes of the pipes after COMMAND, and exit with its status.
"""
import fcntl
import os
import subprocess
import sys
import threading

F_SETPIPE_SZ, F_GETPIPE_SZ = 1031, 1032


def write(fd):
    with open("in", "rb") as file, open(fd, "wb") as pipe:
        pipe.write(file.read())


def read(fd):
    with open(fd, "rb") as pipe, open("out", "wb") as out:
        out.write(pipe.read())


def main(source, dest, *command):
    stdin = stdout = None
    threads = []
    if source != "-":
        stdin, ours = os.pipe()
        fcntl.fcntl(stdin, F_SETPIPE_SZ, int(source))
        threads.append(threading.Thread(target=write, args=(ours,)))
    if dest != "-":
        ours, stdout = os.pipe()
        fcntl.fcntl(stdout, F_SETPIPE_SZ, int(dest))
        threads.append(threading.Thread(target=read, args=(ours,)))
    child = subprocess.Popen(command, stdin=stdin, stdout=stdout)
    for thread in threads:
        thread.start()
    status = child.wait(20)
    for fd in stdin, stdout:
        if fd is not None:
            print(fcntl.fcntl(fd, F_GETPIPE_SZ))
            os.close(fd)
    for thread in threads:
        thread.join()
    sys.exit(status)


if __name__ == "__main__":
    main(*sys.argv[1:])
