#!/usr/bin/env python3
"""
A FUSE file system of files whose size or opening is odd.

    oddfs.py MOUNTPOINT FILE

Mounts itself with mount(2) and serves until it is unmounted.  Root only.
Each file has the content of FILE; its name says what is odd:

    exact       nothing is odd
    SIZE        st_size is wrong: none (0), half, or double of what read(2)
                gets
    SIZE-noseek lseek(2) fails (FOPEN_NONSEEKABLE)
    SIZE-stream lseek(2) fails, and there are no offsets (FOPEN_STREAM)
    broken      read(2) fails with EIO in the second half
    slow        read(2) takes 1.2 s, or fails with EINTR when a signal comes
    hangs       read(2) after the last byte never returns, except for a signal
    shrinks     when the second half is read, it disappears, and st_size is
                halved
    sparse      pages of zeros are holes, by st_blocks and lseek(2)
    sparse-X    the same, but lseek(2) for data or a hole
        nosys       fails with ENOSYS, from then on for all files
        invalid     fails with EINVAL
        zero        says 0
        backwards   says where the page before begins
        beyond      says that it is 1 MiB behind the end
    denied      lseek(2) says that it is all hole, and st_blocks that it is not
    fills       when lseek(2) has reported a hole, there is data in it
    cut         when lseek(2) has reported a hole, the file ends in it
    grows       when lseek(2) has reported a hole, the file has a page more

The protocol, and the names of structs, are those of <linux/fuse.h>, version
7.31.
"""
import ctypes
import errno
import os
import select
import stat
import struct
import sys
import time

LOOKUP, FORGET, GETATTR, OPEN, READ, STATFS, RELEASE = 1, 2, 3, 14, 15, 17, 18
FLUSH, INIT, OPENDIR, READDIR, RELEASEDIR = 25, 26, 27, 28, 29
INTERRUPT, DESTROY, BATCH_FORGET, LSEEK = 36, 38, 42, 46

DIRECT_IO, NONSEEKABLE, STREAM = 1 << 0, 1 << 2, 1 << 4

ROOT = 1
PAGE = 4096
MAX_WRITE = 128 * 1024


class File:
    def __init__(self, content, size, flags):
        self.content = content
        self.size = size
        self.flags = flags
        self.blocks = (size + 511) // 512
        self.changes = 0                # st_mtime and st_ctime

    def second_half(self):
        """Called when the second half is read."""

    def delay(self, offset):
        """Return how many seconds a read from there takes."""
        return 0

    def read(self, offset, count):
        if offset + count > len(self.content) // 2:
            self.second_half()
        return self.content[offset:offset + count]

    def seek(self, offset, whence):
        """Return where the data or the hole begins, from this offset on."""
        raise OSError(errno.ENOSYS, "seek")


class Broken(File):
    def second_half(self):
        raise OSError(errno.EIO, "broken")


class Slow(File):
    def delay(self, offset):
        return 1.2


class Hanging(File):
    def delay(self, offset):
        return 0 if offset < len(self.content) else 1e9


class Shrinking(File):
    def second_half(self):
        if self.size == len(self.content):
            self.size //= 2
            self.content = self.content[:self.size]


class Sparse(File):
    def __init__(self, content):
        super().__init__(content, len(content), 0)
        self.blocks = sum(PAGE // 512 for at in range(0, self.size, PAGE)
                          if not self.is_hole(at))

    def is_hole(self, offset):
        end = offset // PAGE * PAGE + PAGE
        return not self.content[offset:end].strip(b"\0")

    def seek(self, offset, whence):
        if offset >= self.size:
            raise OSError(errno.ENXIO, "beyond the end")
        while offset < self.size and \
                self.is_hole(offset) != (whence == os.SEEK_HOLE):
            offset += PAGE - offset % PAGE
        if offset < self.size or whence == os.SEEK_HOLE:
            return min(offset, self.size)
        raise OSError(errno.ENXIO, "no more data")


class SparseNosys(Sparse):
    def seek(self, offset, whence):
        raise OSError(errno.ENOSYS, "seek")


class SparseInvalid(Sparse):
    def seek(self, offset, whence):
        raise OSError(errno.EINVAL, "seek")


class SparseZero(Sparse):
    def seek(self, offset, whence):
        return 0


class SparseBackwards(Sparse):
    def seek(self, offset, whence):
        return max(offset - PAGE, 0)


class SparseBeyond(Sparse):
    def seek(self, offset, whence):
        return self.size + (1 << 20)


class Denied(File):
    def seek(self, offset, whence):
        if whence == os.SEEK_HOLE:
            return offset
        raise OSError(errno.ENXIO, "no data")


class Changing(Sparse):
    """Changes once, after the first hole was reported."""

    def seek(self, offset, whence):
        try:
            found = super().seek(offset, whence)
        except OSError:
            found = self.size
        if whence == os.SEEK_DATA and found > offset and not self.changes:
            self.changes = 1
            self.change(offset, found)
            self.size = len(self.content)
        if found < self.size or whence == os.SEEK_HOLE:
            return found
        raise OSError(errno.ENXIO, "no more data")


class Filling(Changing):
    def change(self, hole, end):
        self.content = self.content[:hole] + b"x" * (end - hole) + \
            self.content[end:]


class Cut(Changing):
    def change(self, hole, end):
        self.content = self.content[:(hole + end) // 2]


class Growing(Changing):
    def change(self, hole, end):
        self.content += b"x" * PAGE


def make_files(content):
    files = {
        "exact": File(content, len(content), 0),
        "broken": Broken(content, len(content), 0),
        "slow": Slow(content, len(content), 0),
        "hangs": Hanging(content, len(content), DIRECT_IO),
        "shrinks": Shrinking(content, len(content), DIRECT_IO),
        "sparse": Sparse(content),
        "sparse-nosys": SparseNosys(content),
        "sparse-invalid": SparseInvalid(content),
        "sparse-zero": SparseZero(content),
        "sparse-backwards": SparseBackwards(content),
        "sparse-beyond": SparseBeyond(content),
        "denied": Denied(content, len(content), 0),
        "fills": Filling(content),
        "cut": Cut(content),
        "grows": Growing(content),
    }
    sizes = (("none", 0), ("half", len(content) // 2),
             ("double", 2 * len(content)))
    for name, size in sizes:
        for suffix, flags in (("", 0), ("-noseek", NONSEEKABLE),
                              ("-stream", STREAM | NONSEEKABLE)):
            files[name + suffix] = File(content, size, DIRECT_IO | flags)
    return files


class Server:
    def __init__(self, device, files):
        self.device = device
        self.names = list(files)
        self.files = list(files.values())
        self.positions = []             # of the streams, by file handle

    def file(self, node):
        return self.files[node - ROOT - 1]

    def attr(self, node):
        """struct fuse_attr"""
        size, blocks, changed, mode, links = 0, 0, 0, stat.S_IFDIR | 0o755, 2
        if node != ROOT:
            file = self.file(node)
            size, blocks, changed = file.size, file.blocks, file.changes
            mode, links = stat.S_IFREG | 0o444, 1
        return struct.pack("<6Q10I", node, size, blocks, 0, changed, changed,
                           0, 0, 0, mode, links, 0, 0, 0, PAGE, 0)

    def lookup(self, _, body):
        name = body.split(b"\0")[0].decode()
        if name not in self.names:
            raise OSError(errno.ENOENT, name)
        node = self.names.index(name) + ROOT + 1
        return struct.pack("<4Q2I", node, 0, 0, 0, 0, 0) + self.attr(node)

    def getattr(self, node, _):
        return struct.pack("<Q2I", 0, 0, 0) + self.attr(node)

    def open(self, node, _):
        flags = 0 if node == ROOT else self.file(node).flags
        self.positions.append(0)
        return struct.pack("<Q2I", len(self.positions) - 1, flags, 0)

    def read(self, node, body):
        handle, offset, count = struct.unpack_from("<2QI", body)
        file = self.file(node)
        if file.flags & STREAM:
            offset = self.positions[handle]
        data = file.read(offset, count)
        self.positions[handle] = offset + len(data)
        return data

    def lseek(self, node, body):
        """struct fuse_lseek_in and fuse_lseek_out"""
        _, offset, whence = struct.unpack_from("<2QI", body)
        return struct.pack("<Q", self.file(node).seek(offset, whence))

    def readdir(self, _, __):
        return b""              # listing it shows nothing

    def statfs(self, _, __):
        return struct.pack("<5Q4I24x", 1, 1, 1, 1, 1, 4096, 255, 4096, 0)

    def init(self, _, __):
        return struct.pack("<4I2H2I2H8I", 7, 31, MAX_WRITE, 0, 16, 12,
                           MAX_WRITE, 1, 32, 0, *[0] * 8)

    def nothing(self, _, __):
        return b""

    ANSWERS = {
        LOOKUP: lookup, GETATTR: getattr, OPEN: open, OPENDIR: open,
        READ: read, READDIR: readdir, STATFS: statfs, INIT: init,
        RELEASE: nothing, RELEASEDIR: nothing, FLUSH: nothing, LSEEK: lseek,
    }

    def answer(self, opcode, node, body):
        """Return an error number and what follows the header."""
        if opcode not in self.ANSWERS:
            return errno.ENOSYS, b""
        try:
            return 0, self.ANSWERS[opcode](self, node, body)
        except OSError as error:
            return error.errno, b""

    def reply(self, unique, error, data=b""):
        """struct fuse_out_header"""
        try:
            os.write(self.device, struct.pack(
                "<IiQ", 16 + len(data), -error, unique) + data)
        except OSError as failed:           # the request was interrupted
            if failed.errno != errno.ENOENT:
                raise

    def receive(self):
        """Return opcode, unique, node and body of a request, from a struct
        fuse_in_header; None if it was withdrawn."""
        try:
            request = os.read(self.device, 2 * MAX_WRITE)
        except OSError as error:
            if error.errno in (errno.EINTR, errno.ENOENT):
                return None
            raise
        _, *header = struct.unpack_from("<2I2Q", request)
        return *header, request[40:]

    def postpone(self, opcode, unique, node, body):
        """Wait as long as this read takes.  False: it was interrupted."""
        delay = 0
        if opcode == READ:
            delay = self.file(node).delay(struct.unpack_from("<2Q", body)[1])
        until = time.monotonic() + delay
        while (left := until - time.monotonic()) > 0:
            if not select.select([self.device], [], [], min(left, 1))[0]:
                continue
            request = self.receive()
            if request is None:
                continue
            if request[0] == INTERRUPT and request[3][:8] == \
                    struct.pack("<Q", unique):
                return False
            self.handle(*request)
        return True

    def handle(self, opcode, unique, node, body):
        if opcode in (FORGET, BATCH_FORGET, INTERRUPT, DESTROY):
            return
        if self.postpone(opcode, unique, node, body):
            self.reply(unique, *self.answer(opcode, node, body))
        else:
            self.reply(unique, errno.EINTR)

    def serve(self):
        while True:
            try:
                request = self.receive()
            except OSError as error:
                if error.errno == errno.ENODEV:         # unmounted
                    return
                raise
            if request is not None:
                self.handle(*request)


def mount(device, where):
    libc = ctypes.CDLL(None, use_errno=True)
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0,allow_other"
    if libc.mount(b"oddfs", where.encode(), b"fuse", 0, options.encode()) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def main(where, path):
    with open(path, "rb") as file:
        files = make_files(file.read())
    device = os.open("/dev/fuse", os.O_RDWR)
    mount(device, where)
    Server(device, files).serve()


if __name__ == "__main__":
    main(*sys.argv[1:])
