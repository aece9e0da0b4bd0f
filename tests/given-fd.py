"""
Run a command with a descriptor that is not a file, stream or device.

    given-fd.py KIND COMMAND...

COMMAND gets a descriptor of KIND, one of KINDS, as number 9.  Exit with its
status, or with 98 if it took the message that was waiting there, or sent one.
"""
import ctypes
import os
import select
import socket
import sys

FD = 9
CLOCK_MONOTONIC = 1
MESSAGE = b"x" * 100

libc = ctypes.CDLL(None)
unix, inet = socket.AF_UNIX, socket.AF_INET


def pair(kind):
    """Return two sockets, of which the first has a message to receive."""
    end, peer = socket.socketpair(unix, kind)
    peer.send(MESSAGE)
    return end, peer


def bound(family, address, kind=socket.SOCK_STREAM):
    end = socket.socket(family, kind)
    end.bind(address)
    return end


def listening(family, address):
    end = bound(family, address)
    end.listen()
    return end


KINDS = {
    "directory": lambda: os.open(".", os.O_RDONLY),
    "o_path": lambda: os.open("in", os.O_PATH),
    "eventfd": lambda: libc.eventfd(5, 0),
    "timerfd": lambda: libc.timerfd_create(CLOCK_MONOTONIC, 0),
    "inotify": libc.inotify_init,
    "epoll": select.epoll,
    "datagram": lambda: pair(socket.SOCK_DGRAM),
    "seqpacket": lambda: pair(socket.SOCK_SEQPACKET),
    "udp": lambda: bound(inet, ("127.0.0.1", 0), socket.SOCK_DGRAM),
    "unconnected": lambda: socket.socket(inet),
    "unconnected-unix": lambda: socket.socket(unix),
    "listening": lambda: listening(inet, ("127.0.0.1", 0)),
    "listening-unix": lambda: listening(unix, ""),
}


def is_untouched(end, peer):
    if len(end.recv(2 * len(MESSAGE), socket.MSG_DONTWAIT)) != len(MESSAGE):
        return False
    try:
        peer.recv(1, socket.MSG_DONTWAIT)
        return False
    except BlockingIOError:
        return True


def main(kind, *command):
    end, peer = KINDS[kind](), None
    if isinstance(end, tuple):
        end, peer = end
    os.dup2(end if isinstance(end, int) else end.fileno(), FD)
    os.set_inheritable(FD, True)
    status = os.spawnvp(os.P_WAIT, command[0], command)
    if peer and not is_untouched(end, peer):
        sys.exit(98)
    sys.exit(status)


if __name__ == "__main__":
    main(*sys.argv[1:])
