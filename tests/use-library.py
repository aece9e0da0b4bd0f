"""
    use-library.py FILE

Sends FILE over a pair of sockets, between a header and a trailer, by
zc_transfer() and by zc_sendfile(), and compares what arrives.

The declarations follow zcopy.h.
"""
import ctypes
import os
import socket
import sys
import threading
from ctypes import c_char_p, c_int, c_int64, c_size_t, c_uint, c_void_p

ZC_CURRENT, ZC_TO_END, ZC_METHODS_MAX = -2 ** 63, -1, 16


class Iovec(ctypes.Structure):
    _fields_ = [("base", c_char_p), ("len", c_size_t)]


class Hdtr(ctypes.Structure):
    _fields_ = [("headers", ctypes.POINTER(Iovec)), ("hdr_cnt", c_int),
                ("trailers", ctypes.POINTER(Iovec)), ("trl_cnt", c_int)]


class Request(ctypes.Structure):
    # Members may be left out at the end: `size` says which there are.
    _fields_ = [("size", c_size_t), ("in_fd", c_int), ("out_fd", c_int),
                ("offset", c_int64), ("out_offset", c_int64),
                ("bytes", c_int64), ("hdtr", ctypes.POINTER(Hdtr)),
                ("method", c_uint), ("flags", c_uint),
                ("block_size", c_size_t), ("pipe_size", c_size_t),
                ("select", c_void_p), ("event", c_void_p),
                ("wait", c_void_p), ("arg", c_void_p)]


class Use(ctypes.Structure):
    _fields_ = [("bytes", c_int64), ("calls", c_int64),
                ("refused", c_int), ("refused_at", c_int64)]


class Result(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("outcome", c_uint), ("side", c_uint),
                ("error", c_int), ("reason", c_char_p), ("method", c_uint),
                ("bytes", c_int64), ("header_bytes", c_int64),
                ("trailer_bytes", c_int64), ("lost", c_int64),
                ("used_count", c_size_t), ("used", c_uint * ZC_METHODS_MAX),
                ("use", Use * ZC_METHODS_MAX)]


zc = ctypes.CDLL("libzcopy.so.1", use_errno=True)
zc.zc_transfer.argtypes = [ctypes.POINTER(Request), ctypes.POINTER(Result)]
zc.zc_sendfile.argtypes = [c_int, c_int, c_int64, c_size_t,
                           ctypes.POINTER(Hdtr), ctypes.POINTER(c_int64),
                           c_int]


def checked(status):
    if status < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def hdtr_of(headers, trailers):
    def pieces(texts):
        return (Iovec * len(texts))(*((text, len(text)) for text in texts))
    return Hdtr(pieces(headers), len(headers),
                pieces(trailers), len(trailers))


def transfer(file, sink, hdtr):
    result = Result(size=ctypes.sizeof(Result))
    checked(zc.zc_transfer(Request(
        size=ctypes.sizeof(Request), in_fd=file, out_fd=sink,
        offset=0, out_offset=ZC_CURRENT, bytes=ZC_TO_END,
        hdtr=ctypes.pointer(hdtr)), result))
    return result.header_bytes + result.bytes + result.trailer_bytes


def sendfile(file, sink, hdtr):
    sent = c_int64()
    checked(zc.zc_sendfile(file, sink, 0, 0, hdtr, sent, 0))
    return sent.value


def received(send, file, hdtr):
    """What `send` says it has sent, and what arrives meanwhile."""
    ours, theirs = socket.socketpair()
    data = bytearray()

    def receive():
        while piece := ours.recv(65536):
            data.extend(piece)

    receiver = threading.Thread(target=receive)
    receiver.start()
    with ours, theirs:
        try:
            sent = send(file, theirs.fileno(), hdtr)
        finally:
            theirs.shutdown(socket.SHUT_WR)
            receiver.join()
    return sent, bytes(data)


def main():
    headers, trailers = [b"one, ", b"", b"two\n"], [b"the ", b"end\n"]
    with open(sys.argv[1], "rb", buffering=0) as file:
        expected = b"".join([*headers, file.read(), *trailers])
        for send in transfer, sendfile:
            sent, data = received(send, file.fileno(),
                                  hdtr_of(headers, trailers))
            if data != expected or sent != len(data):
                sys.exit(f"{send.__name__}: {sent} sent, {len(data)} there")
            print(f"{send.__name__}: {sent} bytes")


main()
