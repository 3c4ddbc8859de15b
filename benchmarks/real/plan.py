"""What does the centre go through, and who asks it?

Calls take half their usual time, so that nine minutes show as much as eighteen. Callers are as
many as a nominal rate keeps waiting when nothing is answered: their number limits nothing.
"""

from __future__ import annotations

import os

from benchmarks.real.watch import Centre, Phase

CENTRE = Centre(capacity=16, seconds=1.5)
TIMEOUT = 10.0  # s a caller waits
THREADS = round(CENTRE.rate * TIMEOUT)
QUEUES = {"refuses": 0, "queues": 1000}  # kind of centre → how many may wait at its door
KIND = os.environ.get("REAL_CENTRE", "queues")
SPEED = float(os.environ.get("REAL_SPEED", "1"))
PLAN = tuple(
    Phase(seconds / SPEED, share)
    for seconds, share in ((120, 1.0), (120, 0.5), (120, 1.0), (30, 0.0), (130, 1.0))
)
