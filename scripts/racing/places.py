"""Where a race runs: files and file systems, which are removed afterwards."""
import contextlib
import os
import shutil
import subprocess
import tempfile

from . import runs

MiB = runs.MiB


class Unfit(Exception):
    """A lane cannot be run here; the text says why."""


def file_system(path):
    return subprocess.run(
        ["df", "--output=fstype", path], stdout=subprocess.PIPE, text=True,
        check=True).stdout.split()[-1]


def random_file(path, size):
    with open(path, "wb") as file:
        while size > 0:
            size -= file.write(os.urandom(min(size, MiB)))
    settle(path)


def settle(path):
    """Flush a file now, so that it is not written during a race."""
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


class Places:
    """Everything on disk; it exists during a `with`."""

    def __init__(self, directory, programs, size):
        self.directory = directory
        self.programs = programs
        self.size = size
        self.undo = contextlib.ExitStack()

    def __enter__(self):
        self.work = self.temporary(self.directory)
        return self

    def __exit__(self, *_):
        self.undo.close()

    def temporary(self, parent):
        path = tempfile.mkdtemp(prefix="zcopy-race-", dir=parent)
        self.undo.callback(shutil.rmtree, path)
        return path

    def track(self, lane):
        """Return the lane's track, and make its files; may raise Unfit."""
        size = (lane.size or self.size) * (3 if lane.sparse else 1)
        if lane.place == "shm":
            dest = self.on_shm()
        elif lane.place == "dir":
            dest = self.work
        else:
            dest = self.mounted(lane.place, lane.read_ahead)
        if lane.cold and file_system(self.work) == "tmpfs":
            raise Unfit("a tmpfs is always in memory")
        source = self.sparse(size) if lane.sparse else self.source(size)
        if lane.place not in ("shm", "dir"):
            source = self.copied(source, dest)
        path = "/dev/null" if lane.sink == "null" else f"{dest}/dest"
        expected = source
        if lane.sink == "file" and lane.source != "file":
            expected = self.given(size)
        return runs.Track(lane, size, self.programs, source, path, expected,
                          self.work)

    def source(self, size):
        path = f"{self.work}/source.{size}"
        if not os.path.exists(path):
            random_file(path, size)
        return path

    def sparse(self, size):
        """Make a file of this size, of which 1/256 is data, in 12 parts."""
        path = f"{self.work}/sparse.{size}"
        part = max(1, size // 256 // 12)
        with open(path, "wb") as file:
            for start in range(0, size, max(1, size // 12)):
                file.seek(start)
                file.write(os.urandom(part))
            file.truncate(size)
        settle(path)
        if os.stat(path).st_blocks * 512 > size // 2:
            raise Unfit("this file system keeps no such holes")
        return path

    def given(self, size):
        """Make a file with the data that far ends give."""
        path = f"{self.work}/given.{size}"
        if not os.path.exists(path):
            with open(path, "wb") as file:
                subprocess.run([self.programs.farend, "give", str(size)],
                               stdout=file, check=True)
            settle(path)
        return path

    def copied(self, source, directory):
        path = f"{directory}/source"
        shutil.copyfile(source, path)
        settle(path)
        return path

    def on_shm(self):
        if not os.path.isdir("/dev/shm"):
            raise Unfit("no /dev/shm")
        if shutil.disk_usage("/dev/shm").free < self.size + 64 * MiB:
            raise Unfit("no room on /dev/shm")
        return self.temporary("/dev/shm")

    def mounted(self, kind, read_ahead):
        """Mount a new file system in a file, which only root may do.  If
        read_ahead is not 0, its device reads from the disk, past the cache, and
        has this read-ahead, in KiB."""
        path = f"{self.work}/{kind}"
        mkfs = f"mkfs.{kind}"
        if os.geteuid() != 0:
            raise Unfit("needs root")
        if not shutil.which(mkfs, path=runs.ENVIRONMENT["PATH"]):
            raise Unfit(f"no {mkfs}")
        os.mkdir(path)
        with open(f"{path}.image", "wb") as image:
            image.truncate(3 * self.size + 512 * MiB)
        self.undo.callback(unmount, path)
        privileged(mkfs, "-q", f"{path}.image")
        privileged("mount", "-t", kind, "-o", "loop", f"{path}.image", path)
        if not os.access(path, os.W_OK):    # the loop device is read-only
            raise Unfit(f"{kind}: mounted read-only")
        if read_ahead:
            slow_down(f"{path}.image", read_ahead)
        return path


def slow_down(image, read_ahead):
    """Give the loop device of this image a read-ahead, in KiB.  Without direct
    I/O the image would be read by the system's own read-ahead, and cached."""
    device = privileged("losetup", "-n", "-O", "NAME", "-j", image)
    privileged("losetup", "--direct-io=on", device)
    path = f"/sys/block/{os.path.basename(device)}/queue/read_ahead_kb"
    try:
        with open(path, "w", encoding="ascii") as file:
            file.write(str(read_ahead))
    except OSError as error:
        raise Unfit(f"{path}: {error.strerror}") from None


def privileged(*words):
    """Run a command, and return its output."""
    done = subprocess.run(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=60, check=False,
        env=runs.ENVIRONMENT)
    if done.returncode != 0:
        raise Unfit(f"{words[0]}: {done.stdout.strip()}")
    return done.stdout.strip()


def unmount(path):
    if os.path.ismount(path):
        subprocess.run(["umount", path], timeout=60, check=False,
                       env=runs.ENVIRONMENT)
