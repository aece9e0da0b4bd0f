"""
memory.py ZCOPY METHOD - compare the memory that little and much data needs.

Run `ZCOPY -m METHOD large -` twice, read one byte and 60 MiB from it, and then
look at its peak of resident memory.  Fail if the peak depends on how much was
moved, or exceeds 4 MiB + 256 KiB; mmap may have 4 MiB of the file as well.
"""
import re
import subprocess
import sys

SLACK, BUFFERS, MAPPED = 256, 4096, 4096        # KiB


def peak(pid):
    with open(f"/proc/{pid}/status") as status:
        return int(re.search(r"VmHWM:\s+(\d+)", status.read())[1])


def peak_after(size, zcopy, method):
    child = subprocess.Popen([zcopy, "-m", method, "large", "-"], bufsize=0,
                             stdout=subprocess.PIPE)
    while size > 0:
        size -= len(child.stdout.read(size))
    kib = peak(child.pid)
    child.stdout.close()
    child.wait()
    return kib


def main(zcopy, method):
    few, many = (peak_after(size, zcopy, method) for size in (1, 60 << 20))
    print(method, few, many, "KiB")
    mapped = MAPPED if method == "mmap" else 0
    assert many <= BUFFERS + SLACK + mapped
    assert many <= few + 2 * SLACK + mapped


if __name__ == "__main__":
    main(*sys.argv[1:])
