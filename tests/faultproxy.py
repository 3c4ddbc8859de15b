"""What does a bad line do to a conversation? A TCP proxy that does it on purpose.

It knows nothing of HTTP. A *turn* is what the client says until it is answered; each turn meets at
most one fault, drawn by the shares in ``Faults``:

- ``cut_asking``: the line breaks after some bytes of the question;
- ``cut_answering``: the question arrives whole, the line breaks after some bytes of the answer (often none);
- ``black_hole``: the line stays open and silent; the question may have arrived, the answer does not;
- ``double``: the question arrives a second time, on a connection of its own;
- ``reorder``: the line breaks, and the question arrives all the same, after later ones.

    with fault_proxy(port=8000, faults=Faults(cut_asking=0.1, delay=0.05)) as line:
        httpx2.get(line.url)
        line.down()  # and nobody gets through until line.up()
        assert line.counts[Fault.CUT_ASKING]
"""

from __future__ import annotations

import asyncio
import random
import threading
from collections import Counter
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

T = TypeVar("T")

HOST = "127.0.0.1"
CHUNK = 65536
CUT_WITHIN = 4096  # bytes; a cut comes somewhere in the first of these
QUIET = 0.05  # seconds without a byte: the client has said what it had to say
PATIENCE = 30.0  # seconds for an answer that nobody waits for


class Fault(StrEnum):
    """What may happen to one turn."""

    NONE = "none"
    CUT_ASKING = "cut_asking"
    CUT_ANSWERING = "cut_answering"
    BLACK_HOLE = "black_hole"
    DOUBLE = "double"
    REORDER = "reorder"


@dataclass(frozen=True, slots=True)
class Faults:
    """How often each fault comes (shares of all turns), and how slow the line is."""

    cut_asking: float = 0.0
    cut_answering: float = 0.0
    black_hole: float = 0.0
    double: float = 0.0
    reorder: float = 0.0
    delay: float = 0.0  # seconds; the longest pause before a piece is passed on
    late: float = 1.0  # seconds; the longest time by which a reordered question comes late


@dataclass(slots=True)
class _Turn:
    fault: Fault
    budget: int  # bytes that still pass before a cut
    said: bytearray = field(default_factory=bytearray)
    answered: bool = False


class FaultProxy:
    """One bad line to one server. Its faults may be changed while it runs."""

    def __init__(self, *, port: int, faults: Faults, seed: int) -> None:
        self.faults = faults
        self.counts: Counter[Fault] = Counter()
        self._target = port
        self._chance = random.Random(seed)
        self._is_down = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._errands: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._do(asyncio.start_server(self._serve, HOST, 0))
        self.port: int = self._server.sockets[0].getsockname()[1]

    @property
    def url(self) -> str:
        """Where a client of HTTP finds the server through this line."""
        return f"http://{HOST}:{self.port}"

    def down(self) -> None:
        """Break every connection and refuse new ones."""
        self._is_down = True
        self._do(self._break_all())

    def up(self) -> None:
        """Take connections again."""
        self._is_down = False

    def close(self) -> None:
        """Deliver what is late, then stop."""
        self._do(self._close_the_door())
        self._do(self._break_all())
        self._do(self._finish())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(2 * PATIENCE)

    async def _close_the_door(self) -> None:
        self._server.close()  # in its own thread: asyncio's servers are not for others

    async def _break_all(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _finish(self) -> None:
        own = asyncio.current_task()
        await asyncio.gather(
            *(task for task in asyncio.all_tasks() if task is not own), return_exceptions=True
        )

    # --- One connection -----------------------------------------------------------------------

    async def _serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        if self._is_down:
            to_client.transport.abort()
            return
        try:
            server, to_server = await asyncio.open_connection(HOST, self._target)
        except OSError:
            to_client.transport.abort()
            return
        ends = {to_client, to_server}
        self._writers |= ends
        turns: list[_Turn] = []
        pumps = [
            asyncio.ensure_future(self._pass_questions(client, to_server, turns)),
            asyncio.ensure_future(self._pass_answers(server, to_client, turns)),
        ]
        with suppress(OSError):
            _done, left = await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            for pump in left:
                pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
        for end in ends:
            end.transport.abort()
        self._writers -= ends

    async def _pass_questions(
        self, client: asyncio.StreamReader, to_server: asyncio.StreamWriter, turns: list[_Turn]
    ) -> None:
        while data := await client.read(CHUNK):
            if not turns or turns[-1].answered:
                turns.append(self._new_turn())
            turn = turns[-1]
            turn.said += data
            if turn.fault is Fault.REORDER:
                await self._hear_out(client, turn)
                self._later(bytes(turn.said))
                return
            if turn.fault is Fault.BLACK_HOLE and turn.budget % 2:
                continue
            await self._pause()
            if turn.fault is Fault.CUT_ASKING:
                data, turn.budget = data[: turn.budget], turn.budget - len(data)
            to_server.write(data)
            await to_server.drain()
            if turn.fault is Fault.CUT_ASKING and turn.budget <= 0:
                return

    async def _pass_answers(
        self, server: asyncio.StreamReader, to_client: asyncio.StreamWriter, turns: list[_Turn]
    ) -> None:
        while data := await server.read(CHUNK):
            turn = turns[-1]
            if turn.fault is Fault.BLACK_HOLE:
                continue
            if turn.fault is Fault.DOUBLE and not turn.answered:
                self._later(bytes(turn.said))
            turn.answered = True
            await self._pause()
            if turn.fault is Fault.CUT_ANSWERING:
                data, turn.budget = data[: turn.budget], turn.budget - len(data)
            to_client.write(data)
            await to_client.drain()
            if turn.fault is Fault.CUT_ANSWERING and turn.budget <= 0:
                return

    def _new_turn(self) -> _Turn:
        fault = self._draw()
        self.counts[fault] += 1
        within = CUT_WITHIN if fault is Fault.CUT_ASKING else CUT_WITHIN // 8
        return _Turn(fault=fault, budget=max(0, self._chance.randint(-within // 4, within)))

    def _draw(self) -> Fault:
        dice = self._chance.random()
        for fault in (one for one in Fault if one is not Fault.NONE):
            dice -= getattr(self.faults, fault.value)
            if dice < 0:
                return fault
        return Fault.NONE

    async def _pause(self) -> None:
        if self.faults.delay:
            await asyncio.sleep(self._chance.random() * self.faults.delay)

    async def _hear_out(self, client: asyncio.StreamReader, turn: _Turn) -> None:
        with suppress(TimeoutError):
            while data := await asyncio.wait_for(client.read(CHUNK), QUIET):
                turn.said += data

    # --- What comes once more, or late ----------------------------------------------------------

    def _later(self, said: bytes) -> None:
        late = self._chance.uniform(0.5, 1.0) * self.faults.late
        errand = self._loop.create_task(self._say(said, after=late))
        self._errands.add(errand)  # the loop itself keeps only a weak hold of its tasks
        errand.add_done_callback(self._errands.discard)

    async def _say(self, said: bytes, *, after: float) -> None:
        await asyncio.sleep(after)
        with suppress(OSError, TimeoutError):
            server, to_server = await asyncio.open_connection(HOST, self._target)
            to_server.write(said)
            await asyncio.wait_for(server.read(1), PATIENCE)  # it has been understood
            to_server.transport.abort()


@contextmanager
def fault_proxy(*, port: int, faults: Faults | None = None, seed: int = 20171128) -> Iterator[FaultProxy]:
    """A bad line to the server on ``port`` of this machine; what is late is delivered before it ends."""
    proxy = FaultProxy(port=port, faults=faults or Faults(), seed=seed)
    try:
        yield proxy
    finally:
        proxy.close()
