"""How is the network between two parts made bad? A relay that delays, cuts, swallows, or half-closes.

It listens on a port or on a Unix socket and passes bytes on; its faults are turned while it runs.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

PIECE = 65536
Address = str | tuple[str, int]  # a Unix socket's path, or host and port


@dataclass
class Proxy:
    """One relay. ``struck`` counts connections that met a fault."""

    listen: Address
    upstream: Address
    struck: int = 0
    delay: float = 0.0  # seconds before each piece is passed on
    cut_after: int | None = None  # bytes of each connection, then a reset; 0: at the first byte
    black_hole: bool = False  # connections stay up, and nothing arrives any more
    half_open: bool = False  # questions arrive, answers do not, and no end is told
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _alive: set[asyncio.StreamWriter] = field(default_factory=set)
    _hit: set[int] = field(default_factory=set)

    def start(self) -> Proxy:
        """Relay from now on, in a thread of its own."""
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._do(self._serve())
        return self

    def heal(self) -> None:
        """Turn every fault off; connections that hang are cut, as the network's own patience would."""
        hung = self.black_hole or self.half_open
        self.delay, self.cut_after, self.black_hole, self.half_open = 0.0, None, False, False
        if hung:
            self.cut(count=False)

    def cut(self, *, count: bool = True) -> int:
        """Reset every connection; returns how many there were."""
        return self._do(self._cut(count))

    # --- In the loop --------------------------------------------------------------------------

    def _do(self, deed: Coroutine[Any, Any, int]) -> int:
        return asyncio.run_coroutine_threadsafe(deed, self._loop).result(timeout=10)

    async def _serve(self) -> int:
        if isinstance(self.listen, str):
            await asyncio.start_unix_server(self._relay, self.listen)
        else:
            await asyncio.start_server(self._relay, *self.listen)
        return 0

    async def _cut(self, count: bool) -> int:
        cut = len(self._alive) // 2
        for writer in list(self._alive):
            writer.transport.abort()
        self.struck += cut if count else 0
        return cut

    async def _relay(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        try:
            if isinstance(self.upstream, str):
                far, on = await asyncio.open_unix_connection(self.upstream)
            else:
                far, on = await asyncio.open_connection(*self.upstream)
        except OSError:
            back.transport.abort()
            return
        pair = (back, on)
        self._alive.update(pair)
        try:
            ways = (self._pass(near, on, pair, answers=False), self._pass(far, back, pair, answers=True))
            await asyncio.gather(*ways, return_exceptions=True)
        finally:
            self._alive.difference_update(pair)
            for writer in pair:
                writer.transport.abort()

    async def _pass(
        self,
        source: asyncio.StreamReader,
        target: asyncio.StreamWriter,
        pair: tuple[asyncio.StreamWriter, ...],
        *,
        answers: bool,
    ) -> None:
        try:
            await self._pass_on(source, target, pair, answers)
        finally:  # also when one end was reset: the other must not wait for it
            for writer in pair:
                writer.transport.abort()

    async def _pass_on(
        self,
        source: asyncio.StreamReader,
        target: asyncio.StreamWriter,
        pair: tuple[asyncio.StreamWriter, ...],
        answers: bool,
    ) -> None:
        passed = 0
        while piece := await source.read(PIECE):
            if self.delay:
                self._strike(pair)
                await asyncio.sleep(self.delay)
            while self.black_hole or (self.half_open and answers):
                self._strike(pair)
                await asyncio.sleep(0.05)
            limit = self.cut_after
            if limit is not None and answers and passed + len(piece) > limit:
                self._strike(pair)
                target.write(piece[: max(0, limit - passed)])
                await target.drain()
                return
            target.write(piece)
            passed += len(piece)
            await target.drain()

    def _strike(self, pair: tuple[asyncio.StreamWriter, ...]) -> None:
        if id(pair) not in self._hit:
            self._hit.add(id(pair))
            self.struck += 1
