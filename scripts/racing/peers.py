"""The peers: which are here, their versions, and those of another system."""
import os
import re
import shutil

from . import runs

# A program's name in a command: the first word, also of what a shell is given.
PROGRAM = re.compile(
    r"(?:^|(?<=['(])|(?<=; )|(?<=&& )|(?<=exec ))(?!exec |wait )[a-z]\w*")
VERSION_OPTIONS = {"nc": "-h", "socat": "-V"}
WITHOUT_VERSION = {"pee"}       # it gives every option to a shell


def tools_of(command):
    return set(PROGRAM.findall(command))


def tools_of_lanes(lanes):
    return sorted({tool for lane in lanes
                   for command in lane.peers.values()
                   for tool in tools_of(command)})


def version(tool, *command):
    """Return the line of a tool, run by this command, that has its version."""
    if tool in WITHOUT_VERSION:
        return "prints no version"
    return runs.first_line(*(command or (tool,)),
                           VERSION_OPTIONS.get(tool, "--version"))


def is_here(command):
    """True if the command's tools are installed; nc must be OpenBSD's (-N)."""
    return all(shutil.which(tool) and
               (tool != "nc" or "OpenBSD" in version(tool))
               for tool in tools_of(command))


class System:
    """The peers of another system, of which DIRECTORY is the root, for example
    one made by debootstrap.

    Each program is run by that system's own dynamic loader, so that it gets
    that system's libraries.  This costs a start nothing: `cat /dev/null` takes
    0.73 ms of CPU either way, the least of 120 runs.  chroot(8) would add 0.64
    ms, and our files would have to be mounted there.
    """

    def __init__(self, directory):
        self.root = os.path.abspath(directory)
        self.known = {}

    def inside(self, path):
        """Return where a path of that system is, without symbolic links.  Those
        of its own start from its root."""
        where, rest, links = "", path.split("/")[::-1], 0
        while rest:
            part = rest.pop()
            here = f"{self.root}{where}/{part}"
            if part == "..":
                where = os.path.dirname(where).rstrip("/")
            elif part not in ("", ".") and os.path.islink(here) and links < 40:
                target = os.readlink(here)
                where = "" if target[0] == "/" else where
                rest += target.split("/")[::-1]
                links += 1
            elif part not in ("", "."):
                where += "/" + part
        return self.root + where

    def program(self, tool):
        """Return the path of a tool, or None if that system has none."""
        for directory in "/usr/bin", "/bin", "/usr/sbin", "/sbin":
            path = self.inside(f"{directory}/{tool}")
            if os.access(path, os.X_OK) and os.path.isfile(path):
                return path
        return None

    def command(self, tool):
        """Return what runs a tool of that system, as words, or None."""
        path = self.program(tool)
        if path is None:
            return None
        with open(path, "rb") as file:
            start = file.read(4096)
        wanted = re.search(rb"(/[^\0]*/ld[^\0/]*\.so[^\0/]*)\0", start)
        if start[:4] != b"\x7fELF" or not wanted:
            return [path]       # a script, or linked statically
        loader = self.inside(wanted[1].decode())
        return [loader, "--inhibit-cache", "--library-path",
                os.path.dirname(loader), "--argv0", tool, path]

    def version(self, tool):
        """Return the line that has a tool's version there, or None if that
        system has no such tool, or the same version as this one."""
        if tool not in self.known:
            command = self.command(tool)
            line = command and version(tool, *command)
            same = line and shutil.which(tool) and line == version(tool)
            self.known[tool] = None if same else line
        return self.known[tool]

    def row(self, row):
        """Return the name of that system's row: "pv 1.9.31" beside "pv"; None
        if there is nothing to be raced."""
        tool = re.match(r"\w+", row)[0]
        line = self.version(tool)
        if line is None:
            return None
        number = re.search(r"(?<![\w/])R?\d[\w.]*", line)
        return f"{tool} {number[0] if number else '?'}{row[len(tool):]}"

    def translated(self, command):
        """Return the same command with the programs of that system."""
        def theirs(found):
            return " ".join(self.command(found[0]) or [found[0]])
        return PROGRAM.sub(theirs, command)

    def beside(self, peers):
        """Return peers, row -> command, and that system's beside them."""
        both = {}
        for row, command in peers.items():
            both[row] = command
            if self.row(row):
                both[self.row(row)] = self.translated(command)
        return both

    def versions(self, tools):
        """Return name -> line for the tools that differ from this system's."""
        return {self.row(tool): self.version(tool)
                for tool in tools if self.row(tool)}
