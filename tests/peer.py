"""
A far end that does what its arguments say, one DEED after another.

    peer.py listen ADDRESS DEED...      accept one connection
    peer.py connect ADDRESS DEED...     connect to it
    peer.py crowd ADDRESS N             N clients that connect and reset the
                                        connection, again and again, until
                                        they are refused
    peer.py pair TYPE FD DEED... -- COMMAND...
                                        run COMMAND with the other end as its
                                        descriptor FD; exit with its status
    peer.py lend TYPE ADDRESS FD DEED... -- COMMAND...
                                        run COMMAND with a listening socket as
                                        its descriptor FD; if there are DEEDs,
                                        accept one connection afterwards
    peer.py hold ADDRESS                bind, but do not listen
    peer.py full ADDRESS                listen, with a full backlog
    peer.py backlog ADDRESS             listen, but never accept

ADDRESS is HOST:PORT, [IPV6]:PORT or a path with a slash.  All but connect,
crowd and pair first print the port; listen and connect print `connected` once
they are.  TYPE is stream, dgram or seqpacket; "-nonblock" behind it makes
COMMAND's end non-blocking; pair also knows tcp and tcp-nonblock.

    rcvbuf=N sndbuf=N   set the size of the buffers (before anything else)
    send=FILE           send FILE
    drip=FILE           send FILE a byte at a time, each in a packet of its own
    mix=FILE            send FILE in turns: 200000 bytes at once, then 400 times
                        one byte
    take=N              receive N bytes, and drop them
    save=FILE           receive to the end, into FILE
    sip=FILE            the same, in small pieces
    echo=FILE           the same, and send everything back as it arrives
    urgent              send an urgent byte (MSG_OOB).  It is not data, but
                        becomes data if another one is sent before the
                        receiver has passed it
    pace=SECONDS        the pause of drip and sip after each piece
    size=N              the size of the pieces of sip
    babble              send zeros for ever
    unread              wait until no more arrives, and print how many bytes
                        have arrived and were not received
    end                 half-close
    ended               receive to the end, which must not be a reset
    broken              receive until the connection is reset; an end is an
                        error
    reset               reset the connection
    close               close it
    equal=A:B           fail unless these files are equal now
    print=TEXT          print a line
    wait=FILE           wait until FILE exists

The status is 0 if everything was done, else 97, with a message.
"""
import fcntl
import os
import select
import socket
import subprocess
import sys
import termios
import threading
import time

PAUSE = 0.002
PIECE = 700


def announce(text):
    print(text, flush=True)


def pieces(connection, size=65536):
    while data := connection.recv(size):
        yield data


def send(connection, path):
    with open(path, "rb") as file:
        connection.sendall(file.read())


def drip(connection, path):
    if connection.family != socket.AF_UNIX:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with open(path, "rb") as file:
        for byte in file.read():
            connection.sendall(bytes([byte]))
            time.sleep(PAUSE)


def mix(connection, path):
    with open(path, "rb") as file:
        while large := file.read(200000):
            connection.sendall(large)
            for byte in file.read(400):
                connection.sendall(bytes([byte]))


def take(connection, count):
    left = int(count)
    while left > 0:
        data = connection.recv(min(left, 65536))
        if not data:
            raise EOFError(f"the end, {left} bytes too early")
        left -= len(data)


def save(connection, path):
    with open(path, "wb") as file:
        for data in pieces(connection):
            file.write(data)


def sip(connection, path):
    with open(path, "wb") as file:
        for data in pieces(connection, PIECE):
            file.write(data)
            time.sleep(PAUSE)


def babble(connection, _):
    while True:
        connection.sendall(bytes(65536))


def echo(connection, path):
    with open(path, "wb") as file:
        for data in pieces(connection):
            file.write(data)
            connection.sendall(data)


def urgent(connection, _):
    connection.send(b"!", socket.MSG_OOB)


def pace(_, seconds):
    global PAUSE
    PAUSE = float(seconds)


def size(_, count):
    global PIECE
    PIECE = int(count)


def unread_now(connection):
    count = fcntl.ioctl(connection, termios.FIONREAD, bytes(4))
    return int.from_bytes(count, sys.byteorder)


def unread(connection, _):
    before = 0
    while (count := unread_now(connection)) == 0 or count != before:
        before = count
        time.sleep(0.3)
    announce(count)


def end(connection, _):
    connection.shutdown(socket.SHUT_WR)


def ended(connection, _):
    for _ in pieces(connection):
        pass


def broken(connection, _):
    try:
        ended(connection, None)
    except ConnectionResetError:
        return
    raise EOFError("the end, where a reset was due")


def reset(connection, _):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                          b"\1\0\0\0\0\0\0\0")
    connection.close()


def close(connection, _):
    connection.close()


def equal(_, paths):
    contents = []
    for path in paths.split(":"):
        with open(path, "rb") as file:
            contents.append(file.read())
    if contents[0] != contents[1]:
        raise ValueError(f"not equal: {paths}")


def wait(_, path):
    while not os.path.exists(path):
        time.sleep(PAUSE)


DEEDS = {deed.__name__: deed for deed in (
    send, drip, mix, take, save, sip, babble, echo, urgent, pace, size, unread,
    end, ended, broken, reset, close, equal, wait)}
DEEDS["print"] = lambda _, text: announce(text)
BUFFERS = {"rcvbuf": socket.SO_RCVBUF, "sndbuf": socket.SO_SNDBUF}


def perform(connection, deeds):
    for deed in deeds:
        name, _, argument = deed.partition("=")
        if name not in BUFFERS:
            DEEDS[name](connection, argument)
    connection.close()


def set_buffers(endpoint, deeds):
    for deed in deeds:
        name, _, argument = deed.partition("=")
        if name in BUFFERS:
            endpoint.setsockopt(socket.SOL_SOCKET, BUFFERS[name],
                                int(argument))


def resolve(address):
    """A socket for this address, and the address as sockets take it."""
    if "/" in address:
        return socket.socket(socket.AF_UNIX), address
    host, _, port = address.rpartition(":")
    family, kind, _, _, place = socket.getaddrinfo(
        host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
    return socket.socket(family, kind), place


def bind(address):
    endpoint, place = resolve(address)
    if endpoint.family != socket.AF_UNIX:
        endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    endpoint.bind(place)
    return endpoint


def name_of(endpoint):
    name = endpoint.getsockname()
    return name if isinstance(name, str) else name[1]


def listen(address, *deeds):
    endpoint = bind(address)
    set_buffers(endpoint, deeds)
    endpoint.listen()
    announce(name_of(endpoint))
    connection, _ = endpoint.accept()
    endpoint.close()
    announce("connected")
    perform(connection, deeds)


def connect(address, *deeds):
    connection, place = resolve(address)
    set_buffers(connection, deeds)
    connection.connect(place)
    announce("connected")
    perform(connection, deeds)


def come_and_go(address):
    while True:
        connection, place = resolve(address)
        try:
            connection.connect(place)
        except ConnectionError:
            return
        reset(connection, None)


def crowd(address, count):
    announce("connected")
    clients = [threading.Thread(target=come_and_go, args=[address])
               for _ in range(int(count))]
    for client in clients:
        client.start()
    for client in clients:
        client.join()


def elsewhere(end):
    """Return the same socket with a number over 100, to keep others free."""
    with end:
        return socket.socket(fileno=fcntl.fcntl(
            end.fileno(), fcntl.F_DUPFD_CLOEXEC, 100))


def tcp_pair():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ours = socket.create_connection(listener.getsockname())
        return ours, listener.accept()[0]


def pair(kind, number, *words):
    split = words.index("--")
    deeds, command = words[:split], words[split + 1:]
    kind, _, nonblock = kind.partition("-")
    ours, theirs = tcp_pair() if kind == "tcp" else socket.socketpair(
        socket.AF_UNIX, getattr(socket, f"SOCK_{kind.upper()}"))
    theirs.setblocking(not nonblock)
    set_buffers(ours, deeds)
    set_buffers(theirs, deeds)
    ours, theirs = elsewhere(ours), elsewhere(theirs)
    os.dup2(theirs.fileno(), int(number))
    theirs.close()
    with subprocess.Popen(command, pass_fds=[int(number)]) as child:
        os.close(int(number))
        perform(ours, deeds)
    status = child.returncode
    sys.exit(status if status >= 0 else 128 - status)


def lend(kind, address, number, *words):
    split = words.index("--")
    deeds, command = words[:split], words[split + 1:]
    endpoint = bind(address)
    endpoint.listen()
    endpoint = elsewhere(endpoint)
    endpoint.setblocking(not kind.endswith("-nonblock"))
    flags = fcntl.fcntl(endpoint, fcntl.F_GETFL)
    os.dup2(endpoint.fileno(), int(number))
    announce(name_of(endpoint))
    status = subprocess.run(command, pass_fds=[int(number)]).returncode
    if fcntl.fcntl(endpoint, fcntl.F_GETFL) != flags:
        raise ValueError("its flags were changed")
    if deeds:
        endpoint.setblocking(True)
        perform(endpoint.accept()[0], deeds)
    sys.exit(status if status >= 0 else 128 - status)


def hold(address):
    endpoint = bind(address)
    announce(name_of(endpoint))
    select.select([], [], [])


def backlog(address):
    endpoint = bind(address)
    endpoint.listen()
    announce(name_of(endpoint))
    select.select([], [], [])


def full(address):
    endpoint = bind(address)
    endpoint.listen(0)
    waiting = []
    while len(waiting) < 10:
        waiting.append(resolve(address)[0])
        waiting[-1].setblocking(False)
        try:
            waiting[-1].connect(endpoint.getsockname())
        except BlockingIOError:
            if not select.select([], waiting[-1:], [], 0.1)[1]:
                break
    announce(name_of(endpoint))
    select.select([], [], [])


MODES = {mode.__name__: mode for mode in (
    listen, connect, crowd, pair, lend, hold, full, backlog)}

if __name__ == "__main__":
    try:
        MODES[sys.argv[1]](*sys.argv[2:])
    except (OSError, EOFError, ValueError) as error:
        announce(f"peer.py: {' '.join(sys.argv[1:])}: {error}")
        sys.exit(97)
