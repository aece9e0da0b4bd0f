"""
Run a COMMAND that waits for a pipe, its standard input.

    asleep.py dies SIGNAL COMMAND...        SIGNAL must kill COMMAND while it
                                            waits for an empty pipe
    asleep.py dies-nonblock SIGNAL COMMAND...
                                            the same with O_NONBLOCK, after
                                            one byte
    asleep.py shares COMMAND...             while COMMAND waits, the pipes that
                                            are its standard input and output
                                            can be written and read; it must
                                            end with 0 when its input is closed
"""
import os
import signal
import subprocess
import sys
import time


def look(child):
    """Return how often it has gone to sleep so far, or None if it is awake."""
    with open(f"/proc/{child.pid}/status") as status:
        text = status.read()
    if "\nState:\tS" not in text:
        return None
    return text.partition("\nvoluntary_ctxt_switches:")[2].split()[0]


def wait_until_asleep(child):
    """Wait until it sleeps at eight looks in a row without having woken up."""
    before, same = None, 0
    for _ in range(2000):
        now = look(child)
        same = same + 1 if now is not None and now == before else 0
        if same == 7:
            return
        before = now
        time.sleep(0.01)
    sys.exit("it does not wait")


def dies(name, *command, nonblock=False):
    number = getattr(signal, "SIG" + name)
    reader, writer = os.pipe()
    os.set_blocking(reader, not nonblock)
    # Our parent may ignore the signal, and a child would inherit that.
    signal.signal(number, signal.SIG_DFL)
    child = subprocess.Popen(command, stdin=reader)
    if nonblock:
        os.write(writer, b"x")
    wait_until_asleep(child)
    child.send_signal(number)
    if child.wait(5) != -number:
        sys.exit(f"ended with {child.returncode}")


def dies_nonblock(name, *command):
    dies(name, *command, nonblock=True)


def shares(*command):
    source, feed = os.pipe()
    drain, sink = os.pipe()
    os.write(sink, b"old")
    child = subprocess.Popen(command, stdin=source, stdout=sink)
    wait_until_asleep(child)
    assert os.read(drain, 10) == b"old"
    os.write(feed, b"new")
    assert os.read(drain, 10) == b"new"
    os.close(feed)
    assert child.wait(20) == 0


if __name__ == "__main__":
    mode = {"dies": dies, "dies-nonblock": dies_nonblock, "shares": shares}
    mode[sys.argv[1]](*sys.argv[2:])
