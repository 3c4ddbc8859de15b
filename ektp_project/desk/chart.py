"""How are numbers drawn over time, as SVG that a strict policy allows?

Plain arithmetic: coordinates come out as text, ready for the template, whatever the reader's language
does with decimal points. Colours are the style sheet's business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, log10

from registry.selectors.centre import Point

WIDTH, HEIGHT = 720, 150  # of the drawing; the page scales it
LEFT, RIGHT, TOP, BOTTOM = 34, 8, 8, 22
HOURS = 6  # told by one chart
GAP_STEPS = 3  # steps without a point that break a line: nobody asked the centre then


@dataclass(frozen=True, slots=True)
class Tick:
    """One mark of an axis."""

    at: str
    label: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One upright bar."""

    x: str
    y: str
    height: str


@dataclass(frozen=True, slots=True)
class Chart:
    """The limit as a line, the calls in flight as areas, the lost ones as bars from below."""

    limit: str
    areas: str
    lost: Sequence[Bar]
    columns: Sequence[Tick]
    rows: Sequence[Tick]
    bar_width: str
    served: int
    lost_sum: int
    highest: int
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM


@dataclass(frozen=True, slots=True)
class Series:
    """One number over time: its name in the style sheet, what it is called, and where it is read."""

    name: str
    label: str
    value: Callable[[Point], float]


@dataclass(frozen=True, slots=True)
class Curve:
    """One series as a line, and its latest number."""

    name: str
    label: str
    path: str
    last: float


@dataclass(frozen=True, slots=True)
class Curves:
    """Several lines over the same hours on one axis."""

    curves: Sequence[Curve]
    columns: Sequence[Tick]
    rows: Sequence[Tick]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT


def curves(
    points: Sequence[Point], series: Sequence[Series], *, now: datetime, step: timedelta
) -> Curves | None:
    """The last HOURS hours of these numbers; None when the centre was not asked in them."""
    if not points:
        return None
    top = _round_up(max(one.value(point) for one in series for point in points))
    begins = now - timedelta(hours=HOURS)
    runs = list(_runs(points, step=step))

    def path(one: Series) -> str:
        return " ".join(_line([(_x(p.at, begins), _y(one.value(p), top)) for p in run]) for run in runs)

    return Curves(
        curves=[Curve(one.name, one.label, path(one), one.value(points[-1])) for one in series],
        columns=_columns(begins, now),
        rows=_rows(top),
    )


def throttle_chart(points: Sequence[Point], *, now: datetime, step: timedelta) -> Chart | None:
    """The last HOURS hours; None when the centre was not asked in them."""
    if not points:
        return None
    top = _round_up(max(max(point.limit, point.in_flight) for point in points))
    begins = now - timedelta(hours=HOURS)
    most_lost = max((point.lost for point in points), default=0)

    def x(moment: datetime) -> float:
        return _x(moment, begins)

    def y(value: float) -> float:
        return _y(value, top)

    runs = list(_runs(points, step=step))
    return Chart(
        limit=" ".join(_line([(x(p.at), y(p.limit)) for p in run]) for run in runs),
        areas=" ".join(_area([(x(p.at), y(p.in_flight)) for p in run], floor=y(0)) for run in runs),
        lost=[_bar(x(p.at), p.lost / most_lost) for p in points if p.lost],
        columns=_columns(begins, now),
        rows=_rows(top),
        bar_width=_text(max(1.5, (WIDTH - LEFT - RIGHT) * step / timedelta(hours=HOURS) - 1)),
        served=sum(point.served for point in points),
        lost_sum=sum(point.lost for point in points),
        highest=round(max(point.limit for point in points)),
    )


def _x(moment: datetime, begins: datetime) -> float:
    share = (moment - begins) / timedelta(hours=HOURS)
    return LEFT + min(max(share, 0.0), 1.0) * (WIDTH - LEFT - RIGHT)


def _y(value: float, top: int) -> float:
    return HEIGHT - BOTTOM - value / top * (HEIGHT - TOP - BOTTOM)


def _columns(begins: datetime, now: datetime) -> list[Tick]:
    return [Tick(_text(_x(hour, begins)), f"{hour:%H.%M}") for hour in _hours(begins, now)]


def _rows(top: int) -> list[Tick]:
    return [Tick(_text(_y(value, top)), str(value)) for value in (0, top // 2, top)]


def _runs(points: Sequence[Point], *, step: timedelta) -> Iterable[list[Point]]:
    run: list[Point] = []
    for point in points:
        if run and point.at - run[-1].at > GAP_STEPS * step:
            yield run
            run = []
        run.append(point)
    yield run


def _line(places: Sequence[tuple[float, float]]) -> str:
    if len(places) == 1:  # a lone point would not be seen
        places = [(places[0][0] - 1, places[0][1]), places[0]]
    return "M" + "L".join(f"{_text(x)} {_text(y)}" for x, y in places)


def _area(places: Sequence[tuple[float, float]], *, floor: float) -> str:
    first, last = places[0][0], places[-1][0]
    if first == last:
        first -= 1
    return f"M{_text(first)} {_text(floor)}L" + _line(places)[1:] + f"L{_text(last)} {_text(floor)}Z"


def _bar(x: float, share: float) -> Bar:
    height = max(3.0, share * (HEIGHT - TOP - BOTTOM) / 3)  # a third of the drawing at most
    return Bar(_text(x), _text(HEIGHT - BOTTOM - height), _text(height))


def _hours(begins: datetime, now: datetime) -> Iterable[datetime]:
    hour = begins.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    while hour <= now:
        yield hour
        hour += timedelta(hours=1)


def _round_up(value: float) -> int:
    """The next number whose half reads well on an axis too: 2, 4, 6, 8, 10, 12, 16, 20, 30 ..."""
    if value <= 10:
        return max(2, ceil(value / 2) * 2)
    power = 10 ** int(log10(value))
    steps = (power, power * 12 // 10, power * 16 // 10, *(n * power for n in (2, 3, 4, 6, 8, 10)))
    return next(step for step in steps if step >= value)


def _text(number: float) -> str:
    return f"{number:.1f}"
