"""What programs that run zcopy at random share: data, and how it is written."""

import os
import time

KIB = 1024


def make_data(chance, most=3000 * KIB):
    """Return random bytes, at most so many.  Some have a range of zeros, which
    --sparse makes holes of."""
    size = chance.choice([0, 1, 4095, 4096, 65537, chance.randrange(300 * KIB),
                          chance.randrange(most)])
    data = bytearray(chance.randbytes(size))
    if size > 0 and chance.randrange(3) == 0:
        at = chance.randrange(size)
        end = min(size, at + chance.randrange(400 * KIB))
        data[at:end] = bytes(end - at)
    return bytes(data)


def write_sparse(path, data):
    """Write a file in which each whole page of zeros is a hole."""
    page = 4096
    with open(path, "wb", buffering=0) as file:
        for at in range(0, len(data), page):
            piece = data[at:at + page]
            if piece.count(0) < len(piece):
                os.pwrite(file.fileno(), piece, at)
        file.truncate(len(data))


def make_range(chance, left):
    """Return an offset, a count (None: all that follows), and whether less will
    do, at random, for a SOURCE that has so many bytes left, or fewer than that
    range needs."""
    offset, count, allow = 0, None, chance.randrange(4) == 0
    if chance.randrange(3) == 0:
        offset = chance.randrange(left + 1)
    if chance.randrange(20) == 0:
        offset = left + 1
    rest = max(left - offset, 0)
    if chance.randrange(3) == 0:
        count = chance.randrange(rest + 1)
    if chance.randrange(8) == 0:
        count = rest + chance.choice([1, 4096, 5000000])
    return offset, count, allow


def range_options(offset, count, allow):
    options = ["--offset=%d" % offset] if offset > 0 else []
    if count is not None:
        options.append("--bytes=%d" % count)
    return options + ["--allow-short"] * allow


def bursts(chance, pauses=True):
    """Yield sizes of pieces for ever, with a pause in front of some."""
    sizes = chance.choice([[1000, 70000, 1000000], [512, 4096], [1 << 20]])
    while True:
        if pauses and chance.randrange(20) == 0:
            time.sleep(chance.choice([0.001, 0.003, 0.02]))
        yield chance.choice(sizes)


def feed(fd, data, sizes, tell=lambda count: None):
    """Write the data to a pipe or a socket in pieces of these sizes, and tell
    how many bytes have been taken.  Return False if nobody takes them."""
    at = 0
    while at < len(data):
        try:
            at += os.write(fd, data[at:at + next(sizes)])
        except (BrokenPipeError, ConnectionResetError):
            return False
        tell(at)
    return True
