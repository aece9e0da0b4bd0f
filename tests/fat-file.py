#!/usr/bin/env python3
# fat-file.py IMAGE NAME SIZE: in the root directory of an empty FAT32 file
# system, make a file of SIZE bytes, without writing them: IMAGE has holes for
# them.  The kernel would write zeros.
#
# The format is that of Microsoft's "FAT: General Overview of On-Disk Format".
import struct
import sys

END = 0x0FFFFFFF            # of a chain of clusters
UNKNOWN = 0xFFFFFFFF        # number of free clusters

image, name, size = sys.argv[1], sys.argv[2], int(sys.argv[3])
with open(image, "r+b") as disk:
    boot = disk.read(512)
    sector, = struct.unpack_from("<H", boot, 11)
    per_cluster, reserved, fats = struct.unpack_from("<BHB", boot, 13)
    fat_sectors, = struct.unpack_from("<I", boot, 36)
    root, info = struct.unpack_from("<IH", boot, 44)

    first = root + 1
    count = -(-size // (sector * per_cluster))
    chain = [first + i + 1 for i in range(count - 1)] + [END]
    table = struct.pack("<%dI" % count, *chain)
    for i in range(fats):
        disk.seek((reserved + i * fat_sectors) * sector + 4 * first)
        disk.write(table)
    disk.seek(info * sector + 488)
    disk.write(struct.pack("<I", UNKNOWN))
    disk.seek((reserved + fats * fat_sectors) * sector)
    disk.write(struct.pack("<11sB8xH4xHI", name.upper().ljust(11).encode(),
                           0x20, first >> 16, first & 0xFFFF, size))
