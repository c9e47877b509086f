"""What a server can do wrong, by name. The tests of faults try each alone, the soak mixes them."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Callable

from tests.chat_server import Connection, Fault, http

PACE = 0.05
"""Seconds between the bytes of a server that dawdles."""

_BUSY = {"error": {"type": "busy", "message": "try again"}}
_DATE = "date: Sun, 06 Nov 1994 08:49:37 GMT"


def says(status: int, body: object = _BUSY, *headers: str) -> Fault:
    """Another answer in place of the right one."""

    async def play(connection: Connection, _whole: bytes) -> bool:
        await connection.send(http(status, body, *headers))
        return True

    return Fault(play)


def bends(make: Callable[[bytes, bytes], bytes], *, delivers: bool = False, again: bool = True) -> Fault:
    """The answer's bytes, made otherwise from head and body; then, unless `again`, the connection is closed."""

    async def play(connection: Connection, whole: bytes) -> bool:
        head, _, body = whole.partition(b"\r\n\r\n")
        await connection.send(make(head + b"\r\n\r\n", body))
        return again

    return Fault(play, delivers=delivers)


def resets(share: float) -> Fault:
    """The connection is torn down after this share of the answer."""

    async def play(connection: Connection, whole: bytes) -> bool:
        await connection.send(whole[: int(share * len(whole))])
        connection.writer.transport.abort()
        return False

    return Fault(play)


def stalls(share: float) -> Fault:
    """Nothing more comes after this share of the answer."""

    async def play(connection: Connection, whole: bytes) -> bool:
        await connection.send(whole[: int(share * len(whole))])
        await connection.reader.read()
        return False

    return Fault(play, slow=True)


async def _dawdle(connection: Connection, whole: bytes) -> bool:
    hung_up = asyncio.ensure_future(connection.reader.read())
    for byte in whole:
        await connection.send(bytes([byte]))
        if (await asyncio.wait({hung_up}, timeout=PACE))[0]:
            break
    hung_up.cancel()
    return False


def _resized(head: bytes, size: int) -> bytes:
    return b"\r\n".join(
        b"content-length: %d" % size if line.startswith(b"content-length") else line for line in head.split(b"\r\n")
    )


def _without_length(head: bytes, *lines: bytes) -> bytes:
    kept = [line for line in head.split(b"\r\n") if line and not line.startswith(b"content-length")]
    return b"\r\n".join([*kept, *lines]) + b"\r\n\r\n"


def _length(body: bytes) -> bytes:
    return b"content-length: %d" % len(body)


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


_CHUNKED = b"transfer-encoding: chunked"
_GZIP = b"content-encoding: gzip"

FAULTS: dict[str, Fault] = {
    "408": says(408),
    "409": says(409),
    "425": says(425),
    "429": says(429),
    "429 asking for 10 ms": says(429, _BUSY, "retry-after-ms: 10"),
    "429 asking for no time": says(429, _BUSY, "retry-after: 0"),
    "429 until a date by another clock": says(429, _BUSY, _DATE, "retry-after: Sun, 06 Nov 1994 08:49:37 GMT"),
    "429 with two Retry-After": says(429, _BUSY, "retry-after: 0", "retry-after: 1"),
    "429 with a senseless Retry-After": says(429, _BUSY, "retry-after: ½ hour"),
    "429 with an endless Retry-After": says(429, _BUSY, "retry-after: inf"),
    "500": says(500),
    "502 with a page": says(502, b"<html>Bad gateway</html>"),
    "503": says(503, {}),
    "503 asking for 10 ms": says(503, _BUSY, "retry-after-ms: 10"),
    "529": says(529),
    "an error that says 200": says(200, {"error": {"code": 502, "message": "upstream"}}),
    "a limit that says 200": says(200, {"error": {"code": 429, "message": "slow down"}}),
    "empty body": says(200, b""),
    "no content": bends(lambda _head, _body: b"HTTP/1.1 204 X\r\n\r\n"),
    "half of a JSON": bends(lambda head, body: _resized(head, len(body) // 2) + body[: len(body) // 2]),
    "invalid JSON": says(200, b'{"choices": [}, "output": {}, "content"'),
    "bytes that are no UTF-8": says(200, b'{"id": "\xff\xfe"}'),
    "a list": says(200, []),
    "a login page": bends(lambda _head, _body: http(200, b"<html>Log in</html>", "content-type: text/html")),
    "no choices": says(200, {"choices": [], "output": None, "content": None}),
    "null choices": says(200, {"choices": None, "output": None, "content": None}),
    "null message": says(200, {"choices": [{"message": None}], "status": "failed", "content": None}),
    "reset before the answer": resets(0.0),
    "reset in the head": resets(0.02),
    "reset in the body": resets(0.6),
    "closed in the body": bends(lambda head, body: head + body[:-10], again=False),
    "closed between chunks": bends(
        lambda head, body: _without_length(head, _CHUNKED) + _chunk(body[:50]) + _chunk(body[50:]), again=False
    ),
    "two lengths that differ": bends(
        lambda head, body: head[:-2] + b"content-length: 3\r\n\r\n" + body, again=False
    ),
    "a length that is none": bends(lambda head, body: _without_length(head, b"content-length: x") + body, again=False),
    "no HTTP at all": bends(lambda _head, body: body, again=False),
    "gzip that is none": bends(lambda head, body: _without_length(head, _GZIP, _length(body)) + body),
    "answers without end of head": bends(lambda head, _body: head[:-4] + b"\r\nx: " + b"y" * 200_000, again=False),
    "stalled before the answer": stalls(0.0),
    "stalled in the body": stalls(0.6),
    "a byte now and then": Fault(_dawdle, slow=True),
    "two equal lengths": bends(
        lambda head, body: _without_length(head, _length(body), _length(body)) + body, delivers=True
    ),
    "in chunks": bends(
        lambda head, body: _without_length(head, _CHUNKED) + _chunk(body[:50]) + _chunk(body[50:]) + _chunk(b""),
        delivers=True,
    ),
    "of no length": bends(lambda head, body: _without_length(head) + body, delivers=True, again=False),
    "packed": bends(
        lambda head, body: _without_length(head, _GZIP, _length(gzip.compress(body))) + gzip.compress(body),
        delivers=True,
    ),
    "a wrong content type": bends(
        lambda head, body: head.replace(b"application/json", b"text/html") + body, delivers=True
    ),
    "early hints before the answer": bends(
        lambda head, body: b"HTTP/1.1 103 X\r\nlink: </>\r\n\r\n" + head + body, delivers=True
    ),
}  # fmt: skip

FINAL: dict[str, Fault] = {
    "400": says(400),
    "404": says(404),
    "413": says(413),
    "422": says(422, {"detail": "x"}),
}
"""Refusals of one request: its chain stops, the others go on."""

REVOKED = says(401, {"error": {"type": "authentication_error", "message": "the key was revoked"}})
