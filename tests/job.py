"""
Run COMMAND as a job of a terminal, as an interactive shell does, and exit with
its status, or 128 and the signal of which it died.

    job.py fg|bg KEYS COMMAND...

The job begins in the foreground or in the background.  When a file `ready`
exists, type KEYS, in which \\xNN is a byte.  When the job stops, print the
signal, and fail unless all processes of its group have stopped; then continue
it in the foreground.
"""
import os
import pty
import signal
import subprocess
import sys
import time


def states(group):
    """Return the states of the processes of a group."""
    found = ""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:         # it has ended
            continue
        if int(fields[2]) == group:
            found += fields[0]
    return found


def wait_for(condition):
    until = time.monotonic() + 20
    while not condition():
        if time.monotonic() > until:
            sys.exit("job.py: gave up")
        time.sleep(0.01)


def lead(foreground, command):
    """Be the session's leader, and run the job."""
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)

    def begin():
        os.setpgid(0, 0)
        if foreground:
            os.tcsetpgrp(0, os.getpid())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)

    job = subprocess.Popen(command, preexec_fn=begin).pid
    while True:
        _, status = os.waitpid(job, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            break
        print(f"stopped by {os.WSTOPSIG(status)}", flush=True)
        wait_for(lambda: not states(job).strip("TZ"))
        os.tcsetpgrp(0, job)
        os.killpg(job, signal.SIGCONT)
    if os.WIFSIGNALED(status):
        return 128 + os.WTERMSIG(status)
    return os.WEXITSTATUS(status)


def main(where, keys, *command):
    leader, master = pty.fork()
    if leader == 0:
        os._exit(lead(where == "fg", command))
    wait_for(lambda: os.path.exists("ready"))
    os.write(master, keys.encode().decode("unicode_escape").encode("latin-1"))
    try:
        while data := os.read(master, 65536):
            sys.stdout.write(data.decode().replace("\r\n", "\n"))
    except OSError:             # EIO: nobody has the other side open
        pass
    return os.waitstatus_to_exitcode(os.waitpid(leader, 0)[1])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
