#!/usr/bin/env python3
"""
Take the power from a disk while zcopy --resume writes to it, again and again.

    power-resume.py TYPE ROUNDS COMMAND...

As power.py, with COMMAND --resume --sync: at a random moment clone the disk,
and kill COMMAND.  On the clone, DEST must be the old file or the new one, whole,
and running COMMAND again must end with the new one.  Print how many of these
runs went on in the middle.  Exit with 1 if a promise was broken.
"""
import os
import random
import re
import subprocess
import sys
import tempfile

import power

MIB = 1 << 20
SECONDS = 5                         # that a run takes


def lose_power(command, source, dest):
    """Run COMMAND, and clone the disk at a random moment."""
    rate = f"--rate={os.path.getsize(source) // SECONDS}"
    with subprocess.Popen(command + [rate, source, dest],
                          stderr=subprocess.DEVNULL) as child:
        try:
            child.wait(random.uniform(0, 1.1 * SECONDS))
        except subprocess.TimeoutExpired:
            pass
        power.clone("disk", "disk.after")
        child.kill()


def play(disk, source, name):
    """Lose the power once.  Return where the next run went on, and what was
    wrong, or None."""
    command = disk.command + ["--resume", "--sync"]
    old = disk.prepare(power.WAYS[0], name)
    new = os.urandom(random.randint(4 * MIB, 12 * MIB))
    with open(source, "wb") as file:
        file.write(new)
    lose_power(command, source, f"live/{name}")
    for left in os.listdir("live"):
        if left != "lost+found":
            os.unlink(f"live/{left}")
    with power.mounted("disk.after", "after", *disk.options):
        found = power.content(f"after/{name}")
        if found not in (old, new):
            return 0, "DEST is neither the old file nor the new one"
        run = subprocess.run(command + [source, f"after/{name}"],
                             stderr=subprocess.PIPE, text=True, check=False)
        where = re.search(r"resuming at byte (\d+)", run.stderr)
        if run.returncode != 0:
            return 0, f"status {run.returncode}: {run.stderr}"
        if power.content(f"after/{name}") != new:
            return 0, "DEST is not the new file"
        if os.path.exists(f"after/{name}.part"):
            return 0, "the part is still there"
    return int(where[1]) if where else 0, None


def main(kind, rounds, command):
    resumed = broken = 0
    with tempfile.NamedTemporaryFile() as source:
        disk = power.Disk(kind, command)
        with power.mounted("disk", "live"):
            for i in range(rounds):
                where, wrong = play(disk, source.name, f"file-{i}")
                resumed += where > 0
                broken += wrong is not None
                if wrong is not None:
                    print(wrong)
    print(f"{kind}: {rounds} losses of power, {resumed} went on in the middle, "
          f"{broken} broken promises")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), sys.argv[3:]))
