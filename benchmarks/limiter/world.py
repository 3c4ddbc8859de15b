"""What comes of a limiter between tireless callers and a centre that never says what it bears?

Simulated time, one run per ``Scene`` and seed. The centre is one of three kinds: it refuses early, it lets
its queue grow until callers give up (and then works for nobody), or it has a quota per time. Answer
times are lognormal, 3 s in the median unless the scene says otherwise.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random

from benchmarks.limiter.protocol import Answer, Kind, Limiter

SAMPLE = 0.5  # s between two looks at how busy the centre is
BACK_SHARE = 0.95  # of the capacity, held for ...
BACK_SAMPLES = 4  # ... two seconds, counts as being back
QUOTA_LOOK = 5.0  # s over which a quota centre's use is looked at
THINK = 0.2  # s a caller takes between two calls
MEAN_SAMPLES = 20_000  # answer times drawn once to know their mean to about one percent


@dataclass(frozen=True, slots=True)
class Scene:
    """``steps``: (from when, share of ``capacity``); ``capacity`` counts calls in flight at full share."""

    name: str
    centre: str  # "refuses", "queues" or "quota"
    steps: tuple[tuple[float, float], ...]
    end: float
    capacity: int = 100
    clients: int = 2
    hands: int = 0  # calls a client could have in flight; 0: a few more than the centre bears twice
    joins: tuple[float, ...] = ()  # when each client begins; empty: all at once
    median: float = 3.0
    sigma: float = 0.8
    shortest: float = 0.4
    longest: float = 25.0
    timeout: float = 30.0
    refusal: float = 0.05  # s until a refusal
    dead: str = "hangs"  # or "refuses": what callers see of a dead centre
    noise: float = 0.0  # share of calls that fail for no reason of load
    bad_client: float = 0.0  # share of the first client's calls that time out by its own fault
    burst: float = 1.0  # s of quota that may be saved up; 0: one call
    window: float = 0.0  # s; a quota that starts anew on the clock instead of flowing
    retry_after: bool = False  # do refusals say how long to wait?
    closed: tuple[tuple[float, float], ...] = ()  # from, to: opening hours end and begin
    idle: tuple[tuple[float, float], ...] = ()  # from, to: nobody asks anything

    def share(self, now: float) -> float:
        """The share of capacity at this time."""
        share = 0.0
        for at, value in self.steps:
            if at > now:
                break
            share = value
        return share

    def slots(self, share: float) -> int:
        """Calls that are worked on at the same time at this share of the capacity."""
        return max(1, round(self.capacity * share)) if share else 0

    def closed_until(self, now: float) -> float | None:
        """When the centre opens, if it is closed now."""
        return next((end for begin, end in self.closed if begin <= now < end), None)

    def idle_until(self, now: float) -> float | None:
        """When callers come back, if there are none now."""
        return next((end for begin, end in self.idle if begin <= now < end), None)

    def draw(self, chance: Random) -> float:
        """One answer time, s."""
        drawn = chance.lognormvariate(math.log(self.median), self.sigma)
        return min(max(drawn, self.shortest), self.longest)

    def mean(self) -> float:
        """The mean answer time, s."""
        chance = Random(1)
        return sum(self.draw(chance) for _ in range(MEAN_SAMPLES)) / MEAN_SAMPLES


@dataclass(slots=True)
class Result:
    """What one run came to."""

    used: float  # share of the capacity that was turned into answers
    wasted: float  # share of calls refused or timed out for load while the centre lived
    back_after_outage: list[float]  # s after each return; inf: not before the next step
    back_after_half: list[float]
    p99: float  # s, of answered calls
    fairness: float  # Jain's index over the clients, 1 is even
    dead_per_minute: float  # calls begun while the centre was dead
    calls: int


@dataclass(slots=True, eq=False)
class _Call:
    client: int
    ticket: object
    at: float
    alive: bool
    refused: bool = False  # its answer is on the way
    over: bool = False  # the caller has its answer, or gave up
    counted: bool = True  # load may be blamed for its failure


@dataclass(slots=True)
class _Run:
    scene: Scene
    limiters: Sequence[Limiter]
    chance: Random
    now: float = 0.0
    events: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    number: int = 0
    serving: set[_Call] = field(default_factory=set)  # also for callers that gave up
    queue: deque[_Call] = field(default_factory=deque)
    tokens: float = 0.0
    tokens_at: float = 0.0
    accepted: deque[float] = field(default_factory=deque)
    free_hands: list[int] = field(default_factory=list)
    waiting: dict[int, None] = field(default_factory=dict)  # clients told to wait for a settled ticket
    woken: list[float] = field(default_factory=list)
    answered: list[int] = field(default_factory=list)
    late_answered: list[int] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    wasted: int = 0
    alive_calls: int = 0
    dead_calls: int = 0
    calls: int = 0
    samples: list[tuple[float, float]] = field(default_factory=list)
    rate: float = 0.0

    # --- time ---------------------------------------------------------------------------------

    def at(self, when: float, do: Callable[[], None]) -> None:
        self.number += 1
        heapq.heappush(self.events, (when, self.number, do))

    def run(self) -> None:
        while self.events and self.events[0][0] <= self.scene.end:
            self.now, _, do = heapq.heappop(self.events)
            do()

    # --- callers ------------------------------------------------------------------------------

    def pump(self, client: int) -> None:
        """Let the client begin as many calls as it may."""
        scene = self.scene
        self.waiting.pop(client, None)
        while self.free_hands[client] and self.now >= (scene.joins[client] if scene.joins else 0):
            idle_until = scene.idle_until(self.now)
            got: object = (
                float(idle_until) if idle_until else self.limiters[client].ask(client=client, now=self.now)
            )
            if isinstance(got, float):
                self._wake(client, got)
                return
            self._begin(client, got)

    def _wake(self, client: int, when: float) -> None:
        if when == math.inf:
            self.waiting[client] = None
        if when == math.inf or self.now < self.woken[client] <= when:
            return
        when = max(when, self.now + 0.001)
        self.woken[client] = when
        self.at(when, lambda: self.pump(client))

    def _begin(self, client: int, ticket: object) -> None:
        self.free_hands[client] -= 1
        self.calls += 1
        alive = self.scene.share(self.now) > 0
        call = _Call(client, ticket, self.now, alive)
        self.alive_calls += alive
        self.dead_calls += not alive
        self._arrive(call)
        if not call.refused:
            self.at(self.now + self.scene.timeout, lambda: self._give_up(call))

    def _end(self, call: _Call, kind: Kind, retry_after: float | None = None) -> None:
        if call.over:
            return
        call.over = True
        latency = self.now - call.at
        if kind is Kind.OK:
            self.answered[call.client] += 1
            self.latencies.append(latency)
            if self._all_joined():
                self.late_answered[call.client] += 1
        elif kind in (Kind.REFUSED, Kind.TIMEOUT) and call.alive and call.counted:
            self.wasted += 1
        opens_at = self.scene.closed_until(self.now) if kind is Kind.CLOSED else None
        answer = Answer(kind, latency, retry_after, opens_at)
        self.limiters[call.client].settle(ticket=call.ticket, answer=answer, now=self.now)
        self.at(self.now + THINK, lambda: self._hand_back(call.client))
        for client in self._next_in_line(call.client):
            self.pump(client)

    def _next_in_line(self, client: int) -> list[int]:
        """Who may try now: those that wait for a ticket of this limiter, longest first, then this one."""
        limiter = self.limiters[client]
        waiting = [one for one in self.waiting if self.limiters[one] is limiter]
        return [*(one for one in waiting if one != client), client]

    def _hand_back(self, client: int) -> None:
        self.free_hands[client] += 1
        self.pump(client)

    def _give_up(self, call: _Call) -> None:
        call.counted = call.counted and self.scene.share(self.now) > 0  # else the centre died over it
        self._end(call, Kind.TIMEOUT)

    def _all_joined(self) -> bool:
        return self.now >= (max(self.scene.joins) + 60 if self.scene.joins else 0)

    # --- the centre ---------------------------------------------------------------------------

    def _arrive(self, call: _Call) -> None:
        scene, chance = self.scene, self.chance
        if scene.bad_client and call.client == 0 and chance.random() < scene.bad_client:
            call.counted = False
            return  # lost on the caller's own line
        if scene.closed_until(self.now) is not None:
            call.counted = False
            self._soon(call, Kind.CLOSED)
        elif not call.alive:
            if scene.dead == "refuses":
                self._soon(call, Kind.REFUSED)
        elif scene.noise and chance.random() < scene.noise:
            call.counted = False
            self._soon(call, Kind.REFUSED)
        elif scene.centre == "quota":
            self._within_quota(call)
        elif len(self.serving) < self._slots():
            self._serve(call)
        elif scene.centre == "queues":
            self.queue.append(call)
        else:
            self._soon(call, Kind.REFUSED, 1.0 if scene.retry_after else None)

    def _soon(self, call: _Call, kind: Kind, retry_after: float | None = None) -> None:
        call.refused = True
        self.at(self.now + self.scene.refusal, lambda: self._end(call, kind, retry_after))

    def _slots(self) -> int:
        return self.scene.slots(self.scene.share(self.now))

    def _within_quota(self, call: _Call) -> None:
        rate = self.rate * self.scene.share(self.now)
        retry_after: float | None = None
        if self.scene.window:
            begun = math.floor(self.now / self.scene.window) * self.scene.window
            if self.tokens_at < begun or self.tokens_at == 0:
                self.tokens, self.tokens_at = rate * self.scene.window, begun + 1e-9
            retry_after = begun + self.scene.window - self.now
        else:
            most = max(1.0, rate * self.scene.burst)
            self.tokens = min(most, self.tokens + rate * (self.now - self.tokens_at))
            self.tokens_at = self.now
            retry_after = 1.0
        if self.tokens < 1:
            self._soon(call, Kind.REFUSED, retry_after if self.scene.retry_after else None)
            return
        self.tokens -= 1
        self.accepted.append(self.now)
        self._serve(call)

    def _serve(self, call: _Call) -> None:
        self.serving.add(call)
        self.at(self.now + self.scene.draw(self.chance), lambda: self._served(call))

    def _served(self, call: _Call) -> None:
        if call not in self.serving:
            return  # the centre died meanwhile
        self.serving.remove(call)
        while self.queue and len(self.serving) < self._slots():
            self._serve(self.queue.popleft())
        self._end(call, Kind.OK)

    def _step(self) -> None:
        if self.scene.share(self.now) == 0:
            self.serving.clear()
            self.queue.clear()
        while self.queue and len(self.serving) < self._slots():
            self._serve(self.queue.popleft())

    # --- looking ------------------------------------------------------------------------------

    def _look(self) -> None:
        self.samples.append((self.now, self._share_used()))
        self.at(self.now + SAMPLE, self._look)

    def _share_used(self) -> float:
        share = self.scene.share(self.now)
        if not share:
            return 0.0
        if self.scene.centre == "quota":
            while self.accepted and self.accepted[0] < self.now - QUOTA_LOOK:
                self.accepted.popleft()
            return len(self.accepted) / (self.rate * share * QUOTA_LOOK)
        return sum(not call.over for call in self.serving) / self._slots()

    def start(self) -> None:
        scene = self.scene
        self.rate = scene.capacity / scene.mean()
        hands = scene.hands or 2 * scene.capacity + 10 + math.ceil(2 * self.rate * THINK)
        self.free_hands = [hands] * scene.clients
        self.woken = [-1.0] * scene.clients
        self.answered = [0] * scene.clients
        self.late_answered = [0] * scene.clients
        self.tokens = max(1.0, self.rate * scene.burst)
        for when, _ in scene.steps:
            self.at(when, self._step)
        for client in range(scene.clients):
            joins = scene.joins[client] if scene.joins else 0.0
            self.at(joins, lambda client=client: self.pump(client))  # type: ignore[misc]
        self.at(SAMPLE, self._look)


def play(scene: Scene, limiters: Sequence[Limiter], seed: int) -> Result:
    """One run of the scene; ``limiters`` has one entry per client (it may be the same object)."""
    run = _Run(scene, limiters, Random(seed))
    run.start()
    run.run()
    possible = _possible(scene) * run.rate
    dead = _dead_seconds(scene)
    ordered = sorted(run.latencies)
    return Result(
        used=sum(run.answered) / possible,
        wasted=run.wasted / max(1, run.alive_calls),
        back_after_outage=_back(scene, run.samples, outage=True),
        back_after_half=_back(scene, run.samples, outage=False),
        p99=ordered[int(0.99 * (len(ordered) - 1))] if ordered else math.inf,
        fairness=_jain(run.late_answered),
        dead_per_minute=run.dead_calls / dead * 60 if dead else 0.0,
        calls=run.calls,
    )


def _pieces(scene: Scene) -> list[tuple[float, float, float]]:
    """(from, to, share), one after another."""
    times = [at for at, _ in scene.steps[1:]] + [scene.end]
    return [(at, min(to, scene.end), share) for (at, share), to in zip(scene.steps, times, strict=True)]


def _possible(scene: Scene) -> float:
    """Seconds at full capacity in which somebody asked and the centre was open."""
    total = 0.0
    for begin, end, share in _pieces(scene):
        away = [*scene.closed, *scene.idle]
        lost = sum(max(0.0, min(end, b) - max(begin, a)) for a, b in away)
        served = share if scene.centre == "quota" else scene.slots(share) / scene.capacity
        total += served * (end - begin - lost)
    return total


def _dead_seconds(scene: Scene) -> float:
    return sum(end - begin for begin, end, share in _pieces(scene) if share == 0)


def _back(scene: Scene, samples: Sequence[tuple[float, float]], *, outage: bool) -> list[float]:
    pieces = _pieces(scene)
    found = []
    for (_, _, before), (begin, end, share) in pairwise(pieces):
        if share > before and (before == 0) == outage:
            found.append(_seconds_back(samples, begin, end))
    return found


def _seconds_back(samples: Sequence[tuple[float, float]], begin: float, end: float) -> float:
    inside = [(at, used) for at, used in samples if begin <= at <= end]
    for i in range(len(inside) - BACK_SAMPLES + 1):
        window = inside[i : i + BACK_SAMPLES]
        if sum(used for _, used in window) / BACK_SAMPLES >= BACK_SHARE:
            return window[0][0] - begin
    return math.inf


def _jain(shares: Sequence[int]) -> float:
    total = sum(shares)
    return total**2 / (len(shares) * sum(one**2 for one in shares)) if total else 0.0
