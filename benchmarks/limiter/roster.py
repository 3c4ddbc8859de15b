"""Who takes part, and what is each told?

A factory makes the limiters of one run, one for each client; the same object for all where callers
share a memory. Only those that are *told* may look at the scene's capacity.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from benchmarks.limiter.ours import ours
from benchmarks.limiter.peers.aimd import Aimd, TunedAimd
from benchmarks.limiter.peers.aws import AwsAdaptive
from benchmarks.limiter.peers.breaker import Breaker
from benchmarks.limiter.peers.envoy import EnvoyGradient
from benchmarks.limiter.peers.gradient2 import Gradient2
from benchmarks.limiter.peers.in_flight import Estimate, Fixed, InFlight, Told
from benchmarks.limiter.peers.none import NoLimit
from benchmarks.limiter.peers.rate import FixedRate
from benchmarks.limiter.peers.sre import SreThrottling
from benchmarks.limiter.peers.vegas import Vegas
from benchmarks.limiter.protocol import Limiter
from benchmarks.limiter.world import Scene

Factory = Callable[[Scene, Random], list[Limiter]]


@dataclass(frozen=True, slots=True)
class Entry:
    """One limiter of the table. ``everywhere``: not in the first three scenes alone."""

    name: str
    knows: str  # of the capacity
    make: Factory
    everywhere: bool = True


def each(make: Callable[[Scene, Random], Limiter]) -> Factory:
    """A limiter of its own for every client."""
    return lambda scene, random: [make(scene, Random(random.random())) for _client in range(scene.clients)]


def shared(make: Callable[[Scene, Random], Limiter]) -> Factory:
    """One limiter for all clients."""
    return lambda scene, random: [make(scene, random)] * scene.clients


def nominal_rate(scene: Scene) -> float:
    """Calls a second that one client may start so that all together fill the centre at its best."""
    return scene.capacity / scene.mean() / scene.clients


def set_to(share: float) -> Factory:
    """A semaphore of this share of the capacity at its best."""
    return shared(lambda scene, _random: InFlight(estimate=Fixed(limit=scene.capacity * share)))


def in_flight(estimate: Callable[[Scene, Random], Estimate]) -> Factory:
    """An estimate of its own for every client."""
    return each(lambda scene, random: InFlight(estimate=estimate(scene, random)))


def rate(make: Callable[[float], Limiter], *, times: float = 1) -> Factory:
    """A rate of its own for every client."""
    return each(lambda scene, _random: make(times * nominal_rate(scene)))


FEW = False  # only the first three scenes
ROSTER = (
    Entry("ours", "no", ours),
    Entry("no limit", "no", each(lambda _scene, _random: NoLimit()), FEW),
    Entry("fixed rate", "told once", rate(lambda rate: FixedRate(rate=rate))),
    Entry("fixed rate ×2", "told wrong", rate(lambda rate: FixedRate(rate=rate), times=2), FEW),
    Entry("semaphore", "told once", set_to(1), FEW),
    Entry("semaphore ÷3", "told wrong", set_to(1 / 3), FEW),
    Entry("semaphore ×3", "told wrong", set_to(3), FEW),
    Entry("semaphore, oracle", "told always", shared(lambda scene, _random: Told(scene=scene))),
    Entry("AIMD", "no", in_flight(lambda scene, _random: Aimd(slow=scene.timeout))),
    Entry("AIMD tuned", "no", in_flight(lambda _scene, _random: TunedAimd())),
    Entry("Vegas", "no", in_flight(lambda _scene, random: Vegas(random=random))),
    Entry("Gradient2", "no", in_flight(lambda _scene, _random: Gradient2()), FEW),
    Entry("Envoy gradient", "no", each(lambda _scene, random: EnvoyGradient(random=random)), FEW),
    Entry("AWS adaptive", "no", each(lambda _scene, _random: AwsAdaptive())),
    Entry("SRE throttling", "no", each(lambda _scene, random: SreThrottling(random=random))),
    Entry("breaker + rate", "told once", rate(lambda rate: Breaker(rate=rate))),
)
