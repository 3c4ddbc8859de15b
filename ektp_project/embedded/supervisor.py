"""Which processes run, which should start again, and in which order do they end?

Honcho, the usual choice, ends everything when one process dies. An office wants the opposite: the
dead one starts again, after a pause that grows while it keeps dying.

One thread and one loop, because forking from a program with threads is not safe.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import groupby
from types import FrameType

from ektp_project.embedded.child import Spec, start
from ektp_project.embedded.leftovers import Roll
from ektp_project.embedded.output import Console
from ektp_project.embedded.trouble import Stopped, Trouble, ended_badly

TURN_SECONDS = 0.5  # the loop looks at its clock this often; output and deaths wake it at once
FIRST_PAUSE = 0.5  # seconds before a dead process starts again ...
LONGEST_PAUSE = 30.0  # ... doubled each time, up to here
STEADY_SECONDS = 60.0  # who lived this long starts again as if for the first time
DEATHS_AT_START = 3  # who dies this often while the system starts will not come up at all
HURRY_SECONDS = 3.0  # what is left to a worker after a second Ctrl-C
RESTART_SECONDS = 10.0  # to end by itself; whoever is started again was silent for minutes already
CHUNK = 65536  # bytes of output read at once, and the longest line


@dataclass
class Child:
    """One process under watch, alive or waiting for its next start."""

    spec: Spec
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    deaths: int = 0  # in a row
    next_start: float | None = None
    kill_at: float | None = None

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        """Signal the main process alone; its children are its own affair."""
        if self.process is not None:
            self.process.send_signal(number)


@dataclass
class _Watch:
    every: float
    action: Callable[[], None]
    due: float = field(default_factory=time.monotonic)


class Supervisor:
    """Starts, watches, restarts and stops processes until somebody asks to stop."""

    def __init__(self, *, console: Console, roll: Roll) -> None:
        self.console = console
        self.roll = roll
        self.children: dict[str, Child] = {}
        self.asked_to_stop = 0
        self._ending = False
        self._watches: list[_Watch] = []
        self._selector = selectors.DefaultSelector()
        self._buffers: dict[int, bytearray] = {}
        self._listen_to_signals()

    # --- What its user calls ------------------------------------------------------------------

    def add(self, spec: Spec) -> None:
        """Start a process and keep it running."""
        child = self.children[spec.name] = Child(spec)
        self._start(child)

    def run_to_end(self, spec: Spec) -> None:
        """Run a command and wait for its end. Raises Trouble when it fails, Stopped when asked to stop."""
        child = self.children[spec.name] = Child(replace(spec, stop_order=-1))
        self._launch(child)
        while child.alive:
            self._turn()
            if self.asked_to_stop:
                raise Stopped
        self._read_all()
        del self.children[spec.name]
        assert child.process is not None
        if child.process.returncode:
            raise self._ended_badly(child)

    def wait_until(self, ready: Callable[[], bool], *, name: str, seconds: float) -> None:
        """Wait for ``name`` to be ready. Raises Trouble when anybody keeps dying, Stopped when asked to."""
        limit = time.monotonic() + seconds
        while not ready():
            self._turn(0.1)
            if self.asked_to_stop:
                raise Stopped
            for child in self.children.values():
                if child.deaths >= DEATHS_AT_START:
                    raise self._ended_badly(child)
            if time.monotonic() > limit:
                raise Trouble(f"{name} did not come up in {seconds:.0f} seconds; see {self.console.folder}.")

    def every(self, seconds: float, action: Callable[[], None]) -> None:
        """Call this between other things, as long as the system runs. It must be short."""
        self._watches.append(_Watch(seconds, action, due=time.monotonic() + seconds))

    def watch(self) -> None:
        """Keep everything running until asked to stop."""
        while not self.asked_to_stop:
            self._turn()
            for watch in self._watches:
                if time.monotonic() >= watch.due:
                    watch.action()
                    watch.due = time.monotonic() + watch.every

    def restart(self, name: str, *, why: str) -> None:
        """Ask a process to end, and make it if it does not; then it starts again like any dead one."""
        child = self.children[name]
        if child.alive and child.kill_at is None:
            self.console.say(f"{name} is started again: {why}")
            child.signal(child.spec.stop_signal)
            child.kill_at = time.monotonic() + RESTART_SECONDS

    def stop(self) -> None:
        """End everything: those of the lowest stop order first, together; then the next."""
        self._ending = True
        order = sorted(self.children.values(), key=lambda child: child.spec.stop_order)
        for _order, group in groupby(order, key=lambda child: child.spec.stop_order):
            self._stop_together(list(group))
        self._read_all()
        self.roll.clear()

    def _ended_badly(self, child: Child) -> Trouble:
        name = child.spec.name
        return ended_badly(name=name, last_lines=self.console.last_lines(name), shown=not child.spec.quiet)

    # --- One turn of the loop -----------------------------------------------------------------

    def _turn(self, seconds: float = TURN_SECONDS) -> None:
        for key, _events in self._selector.select(seconds):
            if key.data is None:
                self._woken.recv(CHUNK)
            else:
                self._read(key.fd, key.data)
        now = time.monotonic()
        for child in list(self.children.values()):
            if child.alive:
                self._kill_if_late(child, now)
            elif child.spec.stop_order >= 0 and not (self.asked_to_stop or self._ending):
                self._revive(child, now)

    def _kill_if_late(self, child: Child, now: float) -> None:
        if child.kill_at is not None and now >= child.kill_at:
            child.signal(signal.SIGKILL)

    def _revive(self, child: Child, now: float) -> None:
        if child.next_start is None:
            self._mourn(child, now)
        elif now >= child.next_start:
            self._start(child)

    def _mourn(self, child: Child, now: float) -> None:
        child.deaths = 1 if now - child.started_at > STEADY_SECONDS else child.deaths + 1
        pause = min(FIRST_PAUSE * 2 ** (child.deaths - 1), LONGEST_PAUSE)
        child.next_start = now + pause
        assert child.process is not None
        self.console.say(
            f"{child.spec.name} {_how_it_ended(child.process.returncode)}; it starts again in {pause:g} s."
        )

    def _start(self, child: Child) -> None:
        try:
            self._launch(child)
        except OSError as error:  # no memory, no process left, no program: later, perhaps
            child.deaths += 1
            child.next_start = time.monotonic() + LONGEST_PAUSE
            self.console.say(f"{child.spec.name} cannot be started ({error.strerror}); tried again soon.")

    def _launch(self, child: Child) -> None:
        child.process = start(child.spec)
        child.started_at = time.monotonic()
        child.next_start = child.kill_at = None
        assert child.process.stdout is not None
        os.set_blocking(child.process.stdout.fileno(), False)
        self._buffers[child.process.stdout.fileno()] = bytearray()
        self._selector.register(child.process.stdout, selectors.EVENT_READ, child)
        self.roll.enter(name=child.spec.name, pid=child.process.pid)

    # --- Output -------------------------------------------------------------------------------

    def _read(self, descriptor: int, child: Child) -> None:
        chunk = b""
        try:
            chunk = os.read(descriptor, CHUNK)
        except BlockingIOError:
            return
        buffer = self._buffers[descriptor]
        buffer += chunk
        *lines, rest = bytes(buffer).split(b"\n")
        if len(rest) >= CHUNK or not chunk:
            lines, rest = [*lines, rest], b""
        buffer[:] = rest
        for line in filter(None, lines):
            text = line.decode("utf-8", "replace").rstrip()
            self.console.line(child.spec.name, text, quiet=child.spec.quiet)
        if not chunk:
            self._forget(descriptor)

    def _read_all(self) -> None:
        """What ended processes said last. No waiting for the end: their own children may hold the pipe."""
        for key in list(self._selector.get_map().values()):
            if key.data is not None:
                self._read(key.fd, key.data)

    def _forget(self, descriptor: int) -> None:
        file = self._selector.unregister(descriptor).fileobj
        del self._buffers[descriptor]
        file.close()  # type: ignore[union-attr]

    # --- The end ------------------------------------------------------------------------------

    def _stop_together(self, group: list[Child]) -> None:
        for child in group:
            if child.alive:
                child.signal(child.spec.stop_signal)
            child.kill_at = time.monotonic() + child.spec.stop_seconds
        hurried = False
        while any(child.alive for child in group):
            if self.asked_to_stop > 1 and not hurried:
                hurried = True
                self._hurry(group)
            self._turn(0.1)

    def _hurry(self, group: list[Child]) -> None:
        """A second Ctrl-C: what is half done is rescued at the next start. Databases still end well."""
        for child in group:
            if child.alive and child.spec.hurry_signal != child.spec.stop_signal:
                self.console.say(f"{child.spec.name} is not waited for.")
                child.signal(child.spec.hurry_signal)
                child.kill_at = time.monotonic() + HURRY_SECONDS

    # --- Signals ------------------------------------------------------------------------------

    def _listen_to_signals(self) -> None:
        """Any signal wakes the loop; those that ask for the end are counted."""
        self._woken, waker = socket.socketpair()
        self._woken.setblocking(False)
        waker.setblocking(False)
        self._waker = waker
        signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
        self._selector.register(self._woken, selectors.EVENT_READ, None)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._asked)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # under nohup it stays ignored
            signal.signal(signal.SIGHUP, self._asked)

    def _asked(self, number: int, frame: FrameType | None) -> None:
        self.asked_to_stop += 1


def _how_it_ended(status: int) -> str:
    if status < 0:
        return f"was ended by {signal.Signals(-status).name}"
    return f"ended with status {status}"
