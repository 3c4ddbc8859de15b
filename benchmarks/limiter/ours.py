"""How does our throttle stand in the simulated world? Its admission in memory, its learner as it is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from random import Random

from benchmarks.limiter.protocol import Answer, Kind, Limiter
from benchmarks.limiter.world import Scene
from registry.central.capacity import Known, Mode, Moment, Seen, learn, next_pause
from registry.central.throttle import SETTINGS

SET = json.loads(SETTINGS)  # the script's own


@dataclass(slots=True, eq=False)
class Ticket:
    client: int
    began: float
    beside: int


class Ours:
    """One throttle for all clients."""

    def __init__(self, scene: Scene, chance: Random) -> None:
        self.known = Known()
        self.chance = chance
        self.leases: dict[Ticket, None] = {}
        self.log: list[Seen] = []
        self.next_start = self.turn_now = 0.0
        self.turns: dict[int, float] = {}
        self.waiting: dict[int, tuple[float, float]] = {}
        self.opens_at = self.full_at = 0.0
        self.let_in = 0
        self.lesson_at = 0.0

    def ask(self, *, client: int, now: float) -> object:
        """As ``acquire`` in throttle.lua, with one lane and an office for every client."""
        if now >= self.lesson_at:
            self._learn(now)
        k = self.known
        if max(self.opens_at, k.wait_until) > now:
            return float(max(self.opens_at, k.wait_until))
        if k.mode is Mode.OUTAGE:
            return self._probe(client, now)
        if not k.starts:
            return now + SET["lesson_seconds"]
        in_flight = self._in_flight()
        free = min(int(k.limit) - in_flight, int(max(1.0, k.starts)))
        turn = max(self.turns.get(client, 0.0), self.turn_now)
        if now < self.next_start or free <= self._due_before(client, turn, now):
            return self._send_away(client, turn, now)
        self.waiting.pop(client, None)
        self.turns[client] = turn + 1
        self.turn_now = max(self.turn_now, turn)
        self.next_start = max(self.next_start, now - SET["catch_up"]) + 1 / k.starts
        return self._begin(client, now, in_flight)

    def _due_before(self, client: int, turn: float, now: float) -> int:
        """Clients whose time to come back has come, and whose turn is before this one's."""
        self.waiting = {
            one: (at, told) for one, (at, told) in self.waiting.items() if told + SET["grace_seconds"] > now
        }
        waiting = self.waiting.items()
        return sum(told <= now and at < turn for one, (at, told) in waiting if one != client)

    def _send_away(self, client: int, turn: float, now: float) -> float:
        k = self.known
        every = max(SET["least_wait"], (k.answer or SET["first_latency"]) / max(1.0, k.limit), 1 / k.starts)
        first = max(now, self.next_start)
        told = self.waiting[client][1] if client in self.waiting else None
        if told is None:
            ahead = sum(at <= turn for at, _told in self.waiting.values())
            if first <= now:  # a place must fall free first
                ahead += 1
            told = first + min(every * ahead, SET["longest_turn"])
        due = told <= now
        self.waiting[client] = (turn, first if due else told)
        return max(first, now + min(every, SET["again_seconds"])) if due else told

    def _in_flight(self) -> int:
        void = self.known.void_before
        return sum(one.began >= void for one in self.leases) if void else len(self.leases)

    def _begin(self, client: int, now: float, beside: int) -> Ticket:
        ticket = Ticket(client, now, beside)
        self.leases[ticket] = None
        self.let_in += 1
        if beside + 1 >= int(self.known.limit):
            self.full_at = now
        return ticket

    def _probe(self, client: int, now: float) -> object:
        k = self.known
        if now < k.probe_at:
            return k.probe_at
        probes = [one for one in self.leases if one.began >= k.void_before]
        if probes and now - probes[-1].began < k.probe_patience:
            return now + 1.0
        k.probe_at = now + k.pause * (0.85 + 0.3 * self.chance.random())
        k.pause = next_pause(k.pause)
        return self._begin(client, now, 0)

    def settle(self, *, ticket: Ticket, answer: Answer, now: float) -> None:
        self.leases.pop(ticket)
        self.let_in -= answer.kind is Kind.REFUSED
        if answer.kind is Kind.CLOSED:
            self.opens_at = answer.opens_at or now + SET["closed_seconds"]
        elif answer.kind is not Kind.ERROR:
            self.log.append(
                Seen(
                    ticket.began,
                    now,
                    answer.kind is Kind.OK,
                    answer.kind is Kind.TIMEOUT,
                    ticket.beside,
                    answer.retry_after or 0.0,
                )
            )
        if now >= self.lesson_at or answer.kind is not Kind.OK or self.known.mode is Mode.OUTAGE:
            self._learn(now)

    def _learn(self, now: float) -> None:
        k = self.known
        proven = sum(k.refused_began < one.began <= now - k.verdict for one in self.leases)
        self.known = learn(k, self.log, Moment(now, self._in_flight(), self.let_in, proven, self.full_at))
        self.log = []
        self.lesson_at = now + SET["lesson_seconds"]


def ours(scene: Scene, chance: Random) -> list[Limiter]:
    """The same throttle for every client."""
    return [Ours(scene, chance)] * scene.clients
