"""zcopy alone, from small to large: the cost of a GiB must stay the same."""
import dataclasses
import os
import shutil
from statistics import median

from . import runs
from .lanes import LANES
from .tables import size_text

KiB, GiB = 1 << 10, 1 << 30
NAMES = "file-file", "file-pipe", "file-tcp"
HEAD = (f"{'lane':10} {'size':>6} {'wall s':>9} {'wall s/GiB':>11} "
        f"{'calls':>7} {'calls/GiB':>11} {'peak KiB':>9}")


def sizes(largest):
    """Return powers of 16 from 1 KiB, and the largest itself."""
    size = KiB
    while size < largest:
        yield size
        size *= 16
    yield largest


def free(places):
    return shutil.disk_usage(places.work).free


def make_source(places, size):
    """Return the path of a SOURCE, and a remark about it."""
    path = f"{places.work}/source.{size}"
    if size <= GiB or free(places) > 2 * size + GiB:
        return places.source(size), ""
    with open(path, "wb") as file:
        file.truncate(size)
    return path, "SOURCE is one hole, because there is no room for data"


def calls_of(track, command):
    """Count the system calls of a whole run; None without strace."""
    if not shutil.which("strace"):
        return None
    path = f"{track.work}/calls"
    runs.run(track, f"strace -f -c -U calls,name -o {path} {command}")
    with open(path, encoding="utf-8") as file:
        return int(file.read().splitlines()[-1].split()[0])


def peak_of(track, command):
    """Return the peak memory of a run, in KiB."""
    path = f"{track.work}/peak"
    runs.run(track, f"{track.programs.peak} {path} {command}")
    with open(path, encoding="utf-8") as file:
        return int(file.read())


def line(track, rounds):
    command = track.lane.commands(track.programs.zcopy, "")["zcopy"]
    wall = median(runs.run(track, command, i == rounds - 1).wall
                  for i in range(rounds))
    calls = calls_of(track, command)
    share = track.size / GiB
    return (f"{track.lane.name:10} {size_text(track.size):>6} {wall:9.4f} "
            f"{wall / share:11.4f} "
            f"{'-' if calls is None else calls:>7} "
            f"{'-' if calls is None else round(calls / share):>11} "
            f"{peak_of(track, command):9}")


def lane_line(places, name, size, rounds):
    """Return a line of the table, and False if the run failed."""
    lane = next(lane for lane in LANES if lane.name == name)
    if lane.sink == "file" and free(places) < size + GiB // 4:
        return f"{name:10} {size_text(size):>6} skipped: no room", True
    track = places.track(dataclasses.replace(lane, size=size))
    try:
        return line(track, rounds), True
    except runs.Failed as failure:
        return f"{name:10} {size_text(size):>6} FAILED: {failure}", False
    finally:
        if lane.sink == "file" and os.path.exists(track.dest):
            os.unlink(track.dest)


def scale(places, largest, rounds):
    """Print the table line by line; return True if nothing failed."""
    good = True
    print(HEAD)
    for size in sizes(largest):
        source, remark = make_source(places, size)
        if remark:
            print(f"# {size_text(size)}: {remark}")
        for name in NAMES:
            text, done = lane_line(places, name, size, rounds)
            print(text, flush=True)
            good = good and done
        os.unlink(source)
    return good
