"""Which centre would our throttle fail at, of all that nobody thought of?

Scenes that no rule was made for: every kind of centre, from one call at a time to 300, with answers of 50 ms,
3 s and 20 s, through the same troubles. ``--grid`` plays them; what is asked is the worst, not the mean.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from benchmarks.limiter.scenes import TENTHS
from benchmarks.limiter.world import Scene

CENTRES = ("refuses", "queues", "quota")
PHASES = {0.05: 100.0, 3.0: 500.0, 20.0: 1200.0}  # s that a capacity lasts, by the median answer time in s
CAPACITIES = {0.05: (1, 10, 30), 3.0: (1, 3, 10, 100, 300), 20.0: (1, 10, 100)}
NOISES = (0.02, 0.05, 0.15)
QUEUE_HANDS = 10  # callers for each call that the centre bears, where queues may grow


def _scene(centre: str, capacity: int, median: float) -> Scene:
    """Nobody waits longer than 35 s for an answer: so the longest take at most 30 s."""
    slow = median > 10
    return Scene(
        name=f"{centre} {capacity} × {median:g} s",
        centre=centre,
        steps=((0.0, 1.0),),
        end=PHASES[median],
        capacity=capacity,
        hands=QUEUE_HANDS * capacity if centre == "queues" else 0,
        median=median,
        sigma=0.3 if slow else 0.8,
        shortest=median / 7.5,
        longest=min(25 / 3 * median, 30.0),
        timeout=2.0 if median < 1 else 35.0,
        refusal=min(0.05, median),
    )


def _steps(scene: Scene, *shares: float) -> Scene:
    phase = scene.end
    steps = tuple((number * phase, share) for number, share in enumerate(shares))
    return replace(scene, steps=steps, end=len(shares) * phase)


def _troubles(scene: Scene) -> Iterator[Scene]:
    name, median = scene.name, scene.median
    stepped = _steps(scene, 1.0, 0.5, 0.0, 1.0, 0.5, 1.0)
    yield replace(stepped, name=f"{name}, steps")
    ramp = replace(scene, end=max(scene.end / 5, 20.0))
    yield replace(_steps(ramp, *(tenths / 10 for tenths in TENTHS)), name=f"{name}, ramp")
    yield replace(stepped, name=f"{name}, twenty clients", clients=20, hands=scene.hands // 5)
    for noise in NOISES if (scene.capacity in (10, 100) or median == 3.0) and scene.capacity > 1 else ():
        yield replace(_steps(scene, 1.0, 0.5, 1.0), name=f"{name}, {noise:.0%} fail anyway", noise=noise)


GRID = {
    scene.name: scene
    for median, capacities in CAPACITIES.items()
    for capacity in capacities
    for centre in CENTRES
    for scene in _troubles(_scene(centre, capacity, median))
}
