"""Is the centre's chart right for no points, one, a gap, and a day of them?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ektp_project.desk.chart import Series, curves, throttle_chart
from registry.selectors.centre import Point, recent

NOW = datetime(2017, 11, 28, 3, 30, tzinfo=UTC)
STEP = timedelta(minutes=2)


def a_point(minutes_ago: float, *, limit: float = 4.0, lost: int = 0) -> Point:
    return Point(
        at=NOW - timedelta(minutes=minutes_ago),
        limit=limit,
        in_flight=2.0,
        learned=limit,
        latency=0.5,
        offered=20,
        served=10,
        refused=lost,
        timed_out=0,
        probes=0,
    )


class TestThrottleChart:
    def test_draws_nothing_when_the_centre_was_not_asked(self) -> None:
        assert throttle_chart([], now=NOW, step=STEP) is None

    def test_breaks_the_line_where_nobody_asked(self) -> None:
        chart = throttle_chart([a_point(60), a_point(58), a_point(10), a_point(8)], now=NOW, step=STEP)
        assert chart is not None
        assert chart.limit.count("M") == 2

    def test_keeps_every_place_within_the_drawing(self) -> None:
        points = [a_point(n, limit=float(n), lost=n) for n in range(359, 0, -2)]
        chart = throttle_chart(points, now=NOW, step=STEP)
        assert chart is not None
        numbers = [float(n) for n in chart.limit.replace("M", " ").replace("L", " ").split()]
        assert all(0 <= x <= chart.width for x in numbers[::2])
        assert all(0 <= y <= chart.height for y in numbers[1::2])

    def test_writes_coordinates_with_points_whatever_the_language(self) -> None:
        chart = throttle_chart([a_point(3)], now=NOW, step=STEP)
        assert chart is not None
        assert "," not in chart.limit + chart.areas


class TestCurves:
    SERIES = (
        Series("served", "dijawab", lambda point: float(point.served)),
        Series("refused", "ditolak", lambda point: float(point.refused)),
    )

    def test_draw_nothing_when_the_centre_was_not_asked(self) -> None:
        assert curves([], self.SERIES, now=NOW, step=STEP) is None

    def test_share_one_axis_and_tell_the_latest(self) -> None:
        drawn = curves([a_point(8, lost=3), a_point(6, lost=1)], self.SERIES, now=NOW, step=STEP)
        assert drawn is not None
        assert [(one.name, one.last) for one in drawn.curves] == [("served", 10), ("refused", 1)]
        assert [row.label for row in drawn.rows] == ["0", "5", "10"]

    def test_stand_on_the_floor_when_nothing_happened(self) -> None:
        quiet = Series("probe", "percobaan", lambda point: float(point.probes))
        drawn = curves([a_point(8), a_point(6)], [quiet], now=NOW, step=STEP)
        assert drawn is not None
        assert drawn.curves[0].path.count(drawn.rows[0].at) == 2


class TestRecent:
    def test_tells_what_each_step_gained(self) -> None:
        history = [
            {"at": (NOW - timedelta(minutes=ago)).timestamp(), "limit": 3, "in_flight": 1, "served": served}
            for ago, served in ((9, 100), (7, 130), (5, 20))
        ]
        points = recent(history, now=NOW, span=timedelta(hours=1), step=STEP)
        assert [point.served for point in points] == [0, 30, 20]

    def test_takes_no_harm_from_samples_that_say_little(self) -> None:
        points = recent([{"at": NOW.timestamp()}], now=NOW, span=timedelta(hours=1), step=STEP)
        assert points[0].limit == 0.0
