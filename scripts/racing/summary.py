"""README's table "How fast", made of what races have written with --json."""
import json

from . import tables
from .lanes import LANES, LIMITS

INDENT = " " * 4
HEAD = (f"{INDENT}{'lane':24} {'MB/s':>5} {'wall':>4} {'CPU':>4} {'floor':>5}"
        "  limit   best peer")


class Unfit(Exception):
    """No table can be made of these files; the text says why."""


def samples(path):
    """Return the system and the results that --json has written."""
    try:
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
        return data["system"], [tables.from_data(lane)
                                for lane in data["lanes"]]
    except (KeyError, TypeError, ValueError):
        raise Unfit(f"{path}: not written by this race's --json") from None


def read(paths):
    """Return the description of one system, and the results of its races in
    these files, in the order of LANES."""
    common, results = {}, {}
    for path in paths:
        system, lanes = samples(path)
        for name, value in system.items():
            if common.setdefault(name, value) != value:
                raise Unfit(f"{path}: another system: {name}: {value}, "
                            f"not {common[name]}")
        for result in lanes:
            if results.setdefault(result.lane.name, result) != result:
                raise Unfit(f"{path}: the lane {result.lane.name} again")
    return common, [results[lane.name] for lane in LANES
                    if lane.name in results]


def ratio(number):
    """Write a ratio with at most two decimals, fewer where it is large."""
    digits = 2 if number < 2 else 1 if number < 9.95 else 0
    return f"{number:.{digits}f}"


def row(result):
    lane = result.lane
    if not result.zcopy.measured:
        return f"{INDENT}{lane.title:24} FAILED"
    peers = {word: (value, best.name)
             for word, value, best in result.compare("peer")}
    floor = {word: 1 / value for word, value, _ in result.compare("floor")}
    # The time of starting a program is no speed.
    speed = ("-" if lane.limit == "start"
             else f"{result.speed(result.zcopy):.0f}")
    wall, cpu = (ratio(peers[word][0]) if peers else "-"
                 for word in ("wall", "CPU"))
    line = (f"{INDENT}{lane.title:24} {speed:>5} {wall:>4} {cpu:>4} "
            f"{ratio(floor['wall']) if floor else '-':>5}  {lane.limit:6}  ")
    names = list(dict.fromkeys(name for _, name in peers.values()))
    together = line + ", ".join(names)
    if len(together) <= 79:
        return together.rstrip()
    return line + f",\n{' ' * len(line)}".join(names)


def render(paths):
    """Return the system, the table, and what the words for limits mean."""
    system, results = read(paths)
    limits = {result.lane.limit for result in results}
    rounds = sorted({len(result.zcopy.wall) for result in results})
    return "\n".join(
        [f"{name + ':':20}{value}" for name, value in system.items()] +
        [f"{'rounds:':20}{' '.join(map(str, rounds))}", "", HEAD] +
        [row(result) for result in results] + [""] +
        [f"{INDENT}{word:8}{text}" for word, text in LIMITS.items()
         if word in limits])
