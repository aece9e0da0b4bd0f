"""Samples, and the tables that show them."""
import statistics

from .lanes import LANES, LIMITS

HEAD = (f" {'wall s':>8} {'(min-max)':19} {'CPU s':>8} "
        f"{'wall':>6} {'CPU':>6} {'MB/s':>7}")
TINY = 1e-6             # in place of 0, for a clock with coarse ticks


class Row:
    """One tool on one lane."""

    def __init__(self, name):
        self.name = name
        self.wall = []
        self.cpu = []
        self.failed = None

    @property
    def measured(self):
        return bool(self.wall) and self.failed is None

    def add(self, sample):
        self.wall.append(sample.wall)
        self.cpu.append(sample.cpu)

    def median(self, what):
        """Return the median of "wall" or "cpu"."""
        return max(statistics.median(getattr(self, what)), TINY)


class Result:
    """The samples of one lane.  Its first row is zcopy's."""

    def __init__(self, lane, size, names):
        self.lane = lane
        self.size = size
        self.rows = [Row(name) for name in names]

    @property
    def zcopy(self):
        return self.rows[0]

    def speed(self, row):
        """Return MB/s."""
        return self.size * self.lane.runs / row.median("wall") / 1e6

    def compare(self, kind):
        """For wall and CPU time, yield the word, the ratio of this kind's best
        time to zcopy's, and the row that has the best time.  Yield nothing if
        no tool of this kind was measured."""
        rows = [row for row in self.rows
                if row.measured and kind_of(row) == kind]
        if rows:
            for what, word in ("wall", "wall"), ("cpu", "CPU"):
                best = min(rows, key=lambda row: row.median(what))
                yield (word, best.median(what) / self.zcopy.median(what), best)


def kind_of(row):
    name = row.name.split()[0]
    return name if name in ("zcopy", "floor") else "peer"


def row_line(row, result, width):
    name = f"{row.name:{width}}"
    if row.failed is not None:
        return f"{name} FAILED: {row.failed}"
    if not row.wall:
        return f"{name} not run"
    wall, cpu = row.median("wall"), row.median("cpu")
    spread = f"({min(row.wall):.4f}-{max(row.wall):.4f})"
    speed = result.speed(row)
    ratios = f"{'-':>6} {'-':>6}"
    if result.zcopy.measured:
        ratios = (f"{wall / result.zcopy.median('wall'):6.2f} "
                  f"{cpu / result.zcopy.median('cpu'):6.2f}")
    return f"{name} {wall:8.4f} {spread:19} {cpu:8.4f} {ratios} {speed:7.0f}"


def peer_part(result):
    parts = [f"{word} {ratio:.2f} ({best.name})"
             for word, ratio, best in result.compare("peer")]
    return "best peer / zcopy: " + (", ".join(parts) or "no peer")


def floor_part(result):
    parts = [f"{word} {1 / ratio:.2f}"
             for word, ratio, _ in result.compare("floor")]
    return "zcopy / floor: " + (", ".join(parts) or "no floor")


def target_part(result):
    parts = []
    for (word, ratio, _), wanted in zip(result.compare("peer"),
                                        result.lane.target):
        verdict = "holds" if ratio >= wanted else "missed"
        parts.append(f"{word} {wanted:g} {verdict}")
    return "target: " + (", ".join(parts) or "none")


def summary(result):
    if not result.zcopy.measured:
        return "zcopy has no time here"
    return "; ".join(part(result)
                     for part in (peer_part, floor_part, target_part))


def size_text(size):
    """Write a size in the largest unit of which it is a multiple."""
    units = ["", "K", "M", "G", "T"]
    while size >= 1024 and size % 1024 == 0 and len(units) > 1:
        size //= 1024
        del units[0]
    return f"{size}{units[0]}"


def table(result):
    lane = result.lane
    times = f" x {lane.runs}" if lane.runs > 1 else ""
    width = max(16, *(len(row.name) for row in result.rows))
    return "\n".join(
        [f"== {lane.name}: {size_text(result.size)}{times}",
         " " * width + HEAD] +
        [row_line(row, result, width) for row in result.rows] +
        [summary(result), f"limit: {LIMITS[lane.limit]}"])


def as_data(result):
    return {
        "name": result.lane.name, "size": result.size,
        "runs": result.lane.runs, "target": result.lane.target,
        "tools": {row.name: {"wall": row.wall, "cpu": row.cpu,
                             "failed": row.failed} for row in result.rows}}


def from_data(data):
    """Return the result that as_data() has written, or raise KeyError."""
    lane = {lane.name: lane for lane in LANES}[data["name"]]
    result = Result(lane, data["size"], data["tools"])
    for row in result.rows:
        row.wall, row.cpu, row.failed = (
            data["tools"][row.name][key] for key in ("wall", "cpu", "failed"))
    return result
