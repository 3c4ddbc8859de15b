"""In which situations are limiters compared?

The first three are the table that counts; the others each ask one more question. Capacity is 100 calls in
flight of 3 s in the median, two clients, unless a scene says otherwise. Where queues may grow there are
callers enough to let them: twenty for each call that the centre bears, as offices have threads.
"""

from __future__ import annotations

from dataclasses import replace

from benchmarks.limiter.world import Scene

STEPS = ((0.0, 1.0), (500.0, 0.5), (1000.0, 0.0), (1200.0, 1.0), (1700.0, 0.5), (2200.0, 1.0))
STEPS_END = 2700.0
TENTHS = (10, 9, 8, 7, 6, 5, 4, 3, 4, 5, 6, 7, 8, 9, 10)
RAMP = tuple((60.0 * minute, tenths / 10) for minute, tenths in enumerate(TENTHS))
FLAPPING = tuple((90.0 * i, 1.0 if i % 2 == 0 else 0.4) for i in range(14))
WEEK = 7 * 86_400.0
STEADY = ((0.0, 1.0),)

REFUSES = Scene(name="refuses", centre="refuses", steps=STEPS, end=STEPS_END, capacity=100)
QUEUES = replace(REFUSES, name="queues", centre="queues", hands=1000)
QUOTA = replace(REFUSES, name="quota", centre="quota")

MAIN = (REFUSES, QUEUES, QUOTA)
FURTHER = (
    replace(REFUSES, name="ramp, refuses", steps=RAMP, end=960.0),
    replace(QUEUES, name="ramp, queues", steps=RAMP, end=960.0),
    replace(REFUSES, name="flapping, refuses", steps=FLAPPING, end=1260.0),
    replace(QUEUES, name="flapping, queues", steps=FLAPPING, end=1260.0),
    replace(REFUSES, name="twenty clients, refuses", clients=20, capacity=60),
    replace(QUEUES, name="twenty clients, queues", clients=20, capacity=60),
    replace(QUOTA, name="twenty clients, quota", clients=20, capacity=60),
    replace(REFUSES, name="late joiner, refuses", steps=STEADY, end=1200.0, joins=(0.0, 300.0)),
    replace(QUEUES, name="late joiner, queues", steps=STEADY, end=1200.0, joins=(0.0, 300.0)),
    replace(REFUSES, name="limit of 4, refuses", capacity=4, end=STEPS_END),
    replace(QUEUES, name="limit of 4, queues", capacity=4, end=STEPS_END),
    replace(QUEUES, name="limit of 1, queues", capacity=1, steps=STEADY, end=STEPS_END),
    replace(REFUSES, name="calls of 50 ms", median=0.05, shortest=0.02, longest=1.0, timeout=2.0, capacity=8,
            steps=((0.0, 1.0), (60.0, 0.5), (120.0, 0.0), (180.0, 1.0)), end=300.0),
    replace(REFUSES, name="15 % fail anyway", noise=0.15),
    replace(QUEUES, name="one bad client", bad_client=0.3),
    replace(REFUSES, name="Retry-After", retry_after=True),
    replace(QUOTA, name="quota by the minute", window=60.0, retry_after=True, steps=STEADY, end=1200.0),
    replace(QUEUES, name="closed and idle", closed=((300.0, 600.0),), idle=((800.0, 1000.0),),
            steps=STEADY, end=STEPS_END),
    replace(REFUSES, name="dead refuses", dead="refuses"),
)  # fmt: skip
WEEKS = replace(
    REFUSES,
    name="three weeks dead",
    steps=((0.0, 1.0), (300.0, 0.0), (300.0 + 3 * WEEK, 1.0)),
    end=600.0 + 3 * WEEK,
)
SCENES = {scene.name: scene for scene in (*MAIN, *FURTHER, WEEKS)}
