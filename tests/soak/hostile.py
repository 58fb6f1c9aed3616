"""The soak's hostile clients: one for each kind, which comes over and over. How they act, and what they note of it."""
import asyncio
import collections
import contextlib
import json
import os
import random
import re
import resource
import socket
import struct
import time

from kinds import KINDS
from server import PATIENCE

PAUSE = 1.0  # seconds between two visits of a kind
UNANSWERED = "closed without an answer"
ROOM = 96 << 20  # no client keeps more than that of what it is sent


class Visit:
    """A connection of a hostile client: what it does, and what it is sent until the server closes."""

    def __init__(self, port, room=None):
        self.port, self.received, self.others, self.leaves, self.loop = port, bytearray(), [], False, asyncio.get_running_loop()
        self.socket = socket.socket()
        self.socket.setblocking(False)
        if room:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)

    async def begin(self, reads=True):
        await self.loop.sock_connect(self.socket, ("127.0.0.1", self.port))
        self.reading = asyncio.create_task(self.read() if reads else asyncio.sleep(0))
        return self

    async def another(self, room=None, reads=True):
        other = await Visit(self.port, room).begin(reads)
        self.others.append(other)
        return other

    async def read(self):
        with contextlib.suppress(OSError):
            while part := await self.loop.sock_recv(self.socket, 1 << 18):
                if len(self.received) < ROOM:
                    self.received += part

    async def send(self, data):
        """False once the server takes no more."""
        try:
            await self.loop.sock_sendall(self.socket, data)
        except OSError:
            return False
        return True

    async def send_slowly(self, data, pause):
        for byte in data:
            if not await self.send(bytes([byte])):
                break
            await asyncio.sleep(pause)

    def half_close(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        self.leaves = True
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    async def end(self):
        for visit in [self, *self.others]:
            visit.reading.cancel()
            await asyncio.gather(visit.reading, return_exceptions=True)  # the loop must have let go of the socket
            visit.socket.close()


def answers(data):
    """The answers in what the server sent: status, headers, body; a body of None when the answer is cut."""
    at = 0
    while at < len(data):
        end = data.find(b"\r\n\r\n", at)
        lines = bytes(data[at:end if end >= 0 else len(data)]).decode("latin-1").split("\r\n")
        status = re.match(r"HTTP/1\.[01] (\d{3})", lines[0])
        if end < 0 or status is None:
            yield 0, {}, bytes(data[at:at + 40])
            return
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        length, at = int(headers.get("content-length", 0)), end + 4
        body = bytes(data[at:at + length])
        yield int(status[1]), headers, body if len(body) == length else None
        at += length


def fault_of(kind, status, headers, body):
    if status == 0:
        return f"no HTTP: {body}"
    if body is None:
        return f"{status} is cut"
    if kind.allowed and status not in kind.allowed:
        return f"{status}, not {'/'.join(map(str, sorted(kind.allowed)))}: {body[:50]}"
    if status >= 500 and "x-crmock-hint" not in headers:
        return f"{status} without a reason: {body[:50]}"
    try:
        return json.loads(body) and None if body else None
    except ValueError:
        return f"{status} is no JSON: {body[:40]}"


class Tally:
    """What a kind has seen, in all its visits."""

    def __init__(self):
        self.visits, self.longest, self.endings, self.faults = 0, 0, collections.Counter(), collections.Counter()

    def add(self, kind, visit, took, is_open):
        self.visits += 1
        self.longest = max(self.longest, took)
        for connection in [visit, *visit.others]:
            found = list(answers(connection.received))
            self.endings.update(str(status or "?") for status, _, _ in found)
            if not visit.leaves:
                self.judge(kind, found, is_open)
        if visit.leaves:
            self.endings["left"] += 1

    def judge(self, kind, found, is_open):
        """What one connection was answered."""
        self.faults.update(filter(None, (fault_of(kind, *answer) for answer in found)))
        if is_open:
            self.endings["open"] += 1
            self.faults[f"not closed within {PATIENCE} s"] += 1
        elif not found:
            self.endings["closed"] += 1
            self.faults.update([UNANSWERED] if kind.due else [])

    def answers(self):
        return ", ".join(f"{ending}: {count}" for ending, count in sorted(self.endings.items()))


async def visit_once(port, kind, tally):
    visit, is_open, begun = await Visit(port).begin(), False, time.monotonic()
    try:
        await asyncio.wait_for(visit.send(kind.use) if isinstance(kind.use, bytes) else kind.use(visit), PATIENCE)
        if not visit.leaves:
            await asyncio.wait_for(asyncio.gather(*[each.reading for each in [visit, *visit.others]]), PATIENCE)
    except asyncio.TimeoutError:
        is_open = True
    except OSError:
        pass
    tally.add(kind, visit, time.monotonic() - begun, is_open)
    await visit.end()


async def repeat(port, kind, tally, until):
    await asyncio.sleep(random.random() * PAUSE)
    with contextlib.suppress(ConnectionRefusedError):  # there is no server any more
        while True:
            await visit_once(port, kind, tally)
            if time.monotonic() > until:
                break
            await asyncio.sleep(PAUSE)


async def work(port, until, names):
    tallies = {name: Tally() for name in names}
    await asyncio.gather(*[repeat(port, KINDS[name], tally, until) for name, tally in tallies.items()])
    return tallies


def run(port, until, names):
    """Clients of these kinds until that moment; a Tally for each."""
    os.nice(10)  # their own work is no part of what is measured
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return asyncio.run(work(port, until, names))
