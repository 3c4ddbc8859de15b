"""Does the learner draw the right conclusion from what was seen?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from registry.central.capacity import (
    FIRST_LIMIT,
    FIRST_PAUSE,
    LONGEST_PAUSE,
    Known,
    Mode,
    Moment,
    Seen,
    from_json,
    learn,
    next_pause,
    to_json,
)

ANSWER = 1.0  # seconds
SETTLED = Known(
    mode=Mode.HOLDING,
    limit=20.0,
    answer=ANSWER,
    answers=500,
    rate=20.0,
    weight=1.0,
    flow=20.0,
    base=0.5,
    base_answers=400,
    refusal=0.05,
    learned_at=100.0,
    answered_at=100.0,
    clear=20.0,
    credit=1.0,
)


def answered(*, at: float, seconds: float = ANSWER, count: int = 1) -> list[Seen]:
    return [Seen(began=at - seconds, ended=at, answered=True, beside=19) for _call in range(count)]


def varied(*, at: float, waited: float = 0.0, count: int = 40) -> list[Seen]:
    """Answers of half to one and a half usual times, after a wait."""
    times = [ANSWER * (0.5 + number / (count - 1)) + waited for number in range(count)]
    return [one for seconds in times for one in answered(at=at, seconds=seconds)]


def refused(*, at: float, beside: int = 19, retry_after: float = 0.0) -> Seen:
    return Seen(began=at - 0.05, ended=at, answered=False, beside=beside, retry_after=retry_after)


def moment(now: float, in_flight: int = 20, **facts: float) -> Moment:
    return Moment(**({"now": now, "in_flight": in_flight, "let_in": 1000, "full_at": now} | facts))  # type: ignore[arg-type]


class TestAnUnknownCentre:
    def test_is_asked_for_one_more_with_every_answer(self) -> None:
        known = learn(Known(), answered(at=10.0, count=2), moment(10.0, in_flight=2))
        assert known.mode is Mode.SEARCHING
        assert known.limit == FIRST_LIMIT + 2

    def test_is_not_asked_for_more_than_callers_want(self) -> None:
        known = learn(Known(), answered(at=10.0), moment(10.0, in_flight=0, full_at=0.0))
        assert known.limit == FIRST_LIMIT

    def test_is_not_searched_far_beyond_where_its_answers_were_seen_to_be_quick(self) -> None:
        known = Known(limit=6.0)
        for now in range(10, 20):
            known = learn(
                known, answered(at=float(now), seconds=5.0, count=9), moment(float(now), in_flight=90)
            )
        assert known.limit <= 4 * max(known.clear, FIRST_LIMIT)


class TestARefusal:
    def test_sets_the_level_to_what_was_in_flight_beside_it(self) -> None:
        known = learn(SETTLED, [refused(at=100.2, beside=17)], moment(100.2))
        assert known.limit == 17
        assert known.mode is Mode.HOLDING

    def test_after_refusals_goes_down_in_growing_steps(self) -> None:
        known, levels = SETTLED, []
        for number in range(4):
            now = 100.2 + 0.1 * number
            known = learn(known, [refused(at=now, beside=int(known.limit))], moment(now))
            levels.append(known.limit)
        falls = [a - b for a, b in zip([20.0, *levels], levels, strict=False)]
        assert falls == sorted(falls)
        assert known.mode is Mode.YIELDING

    def test_of_calls_begun_before_the_cut_cuts_no_second_time(self) -> None:
        once = learn(SETTLED, [refused(at=100.2, beside=17)], moment(100.2))
        again = learn(once, [refused(at=100.21, beside=12)], moment(100.22))
        assert again.limit == once.limit

    def test_counts_for_as_much_among_many_answers(self) -> None:
        known = learn(SETTLED, [*answered(at=100.2, count=60), refused(at=100.2, beside=17)], moment(100.2))
        assert known.limit == 17

    def test_costs_a_try(self) -> None:
        assert learn(SETTLED, [refused(at=100.2)], moment(100.2)).credit == pytest.approx(0.0, abs=0.1)

    def test_of_one_too_many_does_not_silence_the_others(self) -> None:
        known = learn(SETTLED, [refused(at=100.2, retry_after=30.0)], moment(100.2))
        assert known.wait_until < 100.2
        assert known.grown_at >= 130.0

    def test_again_and_again_silences_everybody_as_long_as_the_centre_asks(self) -> None:
        known = SETTLED
        for number in range(3):
            now = 100.2 + 0.1 * number
            known = learn(known, [refused(at=now, retry_after=30.0)], moment(now))
        assert known.wait_until == pytest.approx(130.4, abs=0.1)


class TestATry:
    def test_is_made_when_it_can_be_afforded_and_everything_is_used(self) -> None:
        known = replace(SETTLED, refusing=True, full_at=99.0, grown_at=98.0)
        assert learn(known, answered(at=100.3), moment(100.3)).limit == 21
        poor = replace(known, credit=0.0)
        assert learn(poor, answered(at=100.3), moment(100.3)).limit == 20


# Twice a call was let in where one had been refused; 300 were let in within 10 s, between two refusals.
ODD_TWICE = replace(
    SETTLED,
    refusing=True,
    odd=2,
    limit=21.0,
    refused_level=20.0,
    full_at=99.0,
    grown_at=98.0,
    since=89.0,
    since_let_in=600,
    last=99.0,
    last_let_in=900,
)
QUOTA = replace(
    SETTLED,
    refusing=True,
    quota=True,
    limit=60.0,
    quota_pace=30.0,
    pace=30.0,
    try_pace=30.0,
    quota_before=30.0,
    since=90.0,
    since_let_in=700,
    last=90.0,
    last_let_in=700,
    tried_at=90.0,
)


class TestAQuota:
    def test_is_believed_in_when_less_is_asked_and_none_is_refused(self) -> None:
        known = learn(ODD_TWICE, answered(at=100.3), moment(100.3, in_flight=21))
        assert not known.quota
        assert known.pace == pytest.approx(0.7 * 30.0)
        known = learn(known, answered(at=130.0, count=5), moment(130.0, let_in=1000 + 450))
        assert known.quota
        assert known.quota_pace == pytest.approx(30.0, rel=0.01)

    def test_is_suspected_when_the_only_call_is_refused(self) -> None:
        assert learn(SETTLED, [refused(at=100.2, beside=0)], moment(100.2)).odd == 1

    def test_is_not_believed_in_while_refusals_are_at_one_level(self) -> None:
        once_more = learn(ODD_TWICE, [refused(at=100.3, beside=20)], moment(100.3))
        assert once_more.odd == 1
        assert not once_more.quota

    def test_is_doubted_after_four_refusals_at_one_level(self) -> None:
        known = QUOTA
        for now in range(101, 107):
            seen = [*answered(at=float(now)), refused(at=float(now), beside=40)]
            known = replace(learn(known, seen, moment(float(now))), in_row=0)
        assert not known.quota
        assert known.limit <= 40

    def test_is_what_was_let_in_between_two_refusals(self) -> None:
        known = learn(QUOTA, [refused(at=100.0)], moment(100.0, let_in=950))
        assert known.quota_pace == pytest.approx(25.0, rel=0.01)

    def test_of_few_calls_is_taken_to_be_a_fifth_less(self) -> None:
        known = learn(QUOTA, [refused(at=100.0)], moment(100.0, let_in=720))
        assert known.quota_pace == pytest.approx(2.0, rel=0.1)
        known = learn(QUOTA, [refused(at=100.0)], moment(100.0, let_in=702))
        assert known.quota_pace == pytest.approx(24.0)

    def test_counts_from_when_the_centre_says_it_opens(self) -> None:
        known = learn(QUOTA, [refused(at=100.0, retry_after=5.0)], moment(100.0, let_in=1000))
        assert known.quota_pace == pytest.approx(20.0, rel=0.01)

    def test_is_tried_when_nothing_was_refused_for_a_long_run_of_calls(self) -> None:
        assert learn(QUOTA, answered(at=100.3), moment(100.3, let_in=720)).quota_pace == 30.0
        assert learn(QUOTA, answered(at=100.3), moment(100.3, let_in=1000)).quota_pace > 30.0

    def test_keeps_what_was_borne_before_a_try_that_is_refused(self) -> None:
        tried = replace(QUOTA, quota_pace=31.0, pace=31.0)
        known = learn(tried, [refused(at=100.0)], moment(100.0, let_in=950))
        assert known.quota_pace == 30.0

    def test_has_risen_when_a_try_went_far(self) -> None:
        tried = replace(QUOTA, quota_pace=45.0, pace=45.0, quota_before=40.0)
        known = learn(tried, [refused(at=100.0)], moment(100.0, let_in=950))
        assert known.quota_pace == 40.0

    def test_is_read_over_two_runs_where_the_short_one_differs_by_a_call(self) -> None:
        # 950 - 710 = 240 calls in 8 s since the refusal before the try; 59 in 2 s since the last one
        tried = replace(QUOTA, quota_pace=45.0, pace=45.0, quota_before=40.0, since=92.0, since_let_in=710)
        far = learn(tried, [refused(at=98.0)], moment(98.0, let_in=891))
        assert far.quota_pace == 40.0
        far = replace(far, in_row=0)
        assert learn(far, [refused(at=100.0)], moment(100.0, let_in=950)).quota_pace == pytest.approx(
            30.0, rel=0.01
        )

    def test_that_has_risen_or_fallen_is_read_since_the_last_refusal_alone(self) -> None:
        tried = replace(QUOTA, quota_pace=45.0, pace=45.0, quota_before=40.0, since=92.0, since_let_in=710)
        far = replace(learn(tried, [refused(at=98.0)], moment(98.0, let_in=891)), in_row=0)
        fallen = learn(far, [refused(at=100.0)], moment(100.0, let_in=921))
        assert fallen.quota_pace == pytest.approx(15.0, rel=0.01)
        risen = learn(far, [refused(at=100.0)], moment(100.0, let_in=965))
        assert risen.quota_pace == pytest.approx(37.0, rel=0.01)

    def test_that_has_fallen_further_is_still_one(self) -> None:
        known, now, let_in = QUOTA, 100.0, 700
        for _second in range(40):  # every other call is refused, however few they are
            now, let_in = now + 1.0, let_in + 2
            known = learn(known, [*answered(at=now), refused(at=now)], moment(now, let_in=let_in))
        assert known.noise == 0
        assert known.quota_pace < 5


# One in seven is refused, however much or little is asked.
ODD_SEVENTH = replace(ODD_TWICE, since_let_in=800, last_let_in=860)


def chance(known: Known, *, seconds: int, count: int = 6) -> Known:
    """After so many seconds in which one call was refused beside ``count`` that were let in."""
    let_in = 1000
    for now in range(101, 101 + seconds):
        let_in += count
        seen = [*answered(at=float(now), count=count), refused(at=float(now), beside=10 + now % 9)]
        known = learn(known, seen, moment(float(now), let_in=let_in))
    return known


NOISY = replace(SETTLED, noise=0.1, look_from=1000, refusing=True)


class TestChance:
    def test_is_blamed_where_less_is_asked_and_as_many_are_refused(self) -> None:
        known = chance(learn(ODD_SEVENTH, answered(at=100.3), moment(100.3, in_flight=21)), seconds=15)
        assert not known.quota
        assert known.mode is Mode.SEARCHING
        assert known.noise == pytest.approx(1 / 7, rel=0.1)

    def test_is_blamed_for_what_looked_like_a_quota(self) -> None:
        known = chance(QUOTA, seconds=60)
        assert not known.quota
        assert known.noise == pytest.approx(1 / 7, rel=0.3)

    def test_cuts_nothing_once_it_is_known(self) -> None:
        known = learn(NOISY, [refused(at=100.2, beside=17)], moment(100.2))
        assert known.limit == 20
        assert known.credit == NOISY.credit

    def test_refuses_no_long_run_of_calls(self) -> None:
        known = NOISY
        for number in range(9):
            now = 100.2 + 0.1 * number
            known = learn(known, [refused(at=now, beside=int(known.limit))], moment(now))
        assert known.limit < 15

    def test_holds_up_no_try_for_longer_than_it_takes_to_tell(self) -> None:
        known = learn(NOISY, [refused(at=100.2)], moment(100.2))
        assert known.evidence > 0
        known = learn(known, answered(at=100.6, count=9), moment(100.6))
        assert known.evidence == 0

    def test_is_measured_again_with_less_asked(self) -> None:
        known = learn(NOISY, answered(at=100.3), moment(100.3, let_in=1000 + 2001))
        assert known.look_calls == 100
        assert known.pace == pytest.approx(0.7 * 20.0, rel=0.01)
        known = learn(known, answered(at=108.0, count=9), moment(108.0, let_in=1000 + 2101))
        assert known.noise == pytest.approx(NOISY.noise / 2)
        assert known.pace == 0.0

    def test_looked_at_while_no_level_is_known_holds_up_no_search(self) -> None:
        known = replace(NOISY, refusing=False, look_from=1000, look_calls=100, pace=14.0)
        known = learn(known, answered(at=108.0, count=9), moment(108.0, let_in=1000 + 101))
        assert known.mode is Mode.SEARCHING

    def test_flips_no_queueing_centre_by_one_call(self) -> None:
        known = learn(replace(SETTLED, queueing=True), [refused(at=100.2)], moment(100.2))
        assert known.queueing


class TestSilence:
    def test_of_answers_that_must_have_come_is_an_outage(self) -> None:
        known = SETTLED
        for step in range(1, 8):
            known = learn(known, [], moment(100.0 + step / 4))
        assert known.mode is Mode.OUTAGE
        assert known.before == 20
        assert known.probe_at > 101.0

    def test_makes_everybody_hold_their_breath_first(self) -> None:
        known = learn(SETTLED, [], moment(100.4))
        assert known.mode is Mode.HOLDING
        assert known.starts == 0.0

    def test_where_nobody_asks_is_none(self) -> None:
        known = SETTLED
        for step in range(1, 8):
            known = learn(known, [], moment(100.0 + step, in_flight=0))
        assert known.mode is Mode.HOLDING

    def test_ends_with_the_first_answer_and_comes_back_slowly(self) -> None:
        out = replace(SETTLED, mode=Mode.OUTAGE, before=20.0, silent_at=100.0, void_before=101.0)
        known = learn(out, answered(at=160.0), moment(160.0, in_flight=0, full_at=0.0))
        assert known.mode is Mode.RETURNING
        assert known.limit == pytest.approx(19.0)
        assert known.pace == pytest.approx(20.0)

    def test_of_three_weeks_leaves_little_of_what_was_known(self) -> None:
        out = replace(SETTLED, mode=Mode.OUTAGE, before=20.0, silent_at=100.0, void_before=101.0)
        late = 100.0 + 21 * 86400
        assert learn(out, answered(at=late), moment(late, in_flight=0, full_at=0.0)).limit == 2.0

    def test_is_followed_by_a_step_as_large_as_the_level_where_too_much_is_not_refused(self) -> None:
        back = replace(SETTLED, mode=Mode.RETURNING, before=20.0, limit=19.0, returned_at=160.0)
        refusing = learn(replace(back, refusing=True), answered(at=161.0), moment(161.0))
        assert refusing.step == pytest.approx(0.25 * 19.0)
        counting = replace(back, refusing=True, quota=True, quota_pace=20.0)
        counting = learn(counting, answered(at=161.0), moment(161.0))
        counting = learn(counting, answered(at=162.1), moment(162.1))
        assert counting.quota_pace == pytest.approx(1.25 * 20.0)
        queueing = learn(replace(back, queueing=True), answered(at=161.0), moment(161.0))
        assert queueing.step == pytest.approx(19.0)

    def test_before_any_sign_of_the_level_is_followed_by_the_search(self) -> None:
        back = replace(SETTLED, mode=Mode.RETURNING, before=20.0, limit=19.0, returned_at=160.0)
        assert learn(back, answered(at=161.0), moment(161.0)).mode is Mode.SEARCHING
        back = replace(back, refusing=True)
        assert learn(back, answered(at=161.0), moment(161.0)).mode is Mode.HOLDING

    def test_is_probed_first_after_a_short_pause_and_then_after_a_longer_one(self) -> None:
        silent = learn(replace(SETTLED, missing=20.0, learned_at=101.4), [], moment(101.5))
        assert silent.probe_at == 101.5 + FIRST_PAUSE
        assert silent.pause == next_pause(FIRST_PAUSE)

    def test_is_probed_ever_more_rarely_up_to_a_bound(self) -> None:
        pause = 3.0
        for _probe in range(5):
            pause = next_pause(pause)
        assert pause == LONGEST_PAUSE


class TestAQueueAtTheCentre:
    """Twenty calls of one second are served at once; what is more waits."""

    HOLDING = replace(
        SETTLED, queueing=True, base=0.6, learned_at=98.0, answered_at=98.0, window_at=98.0, window_let_in=900
    )
    SEARCHING = replace(HOLDING, mode=Mode.SEARCHING, queueing=False, limit=80.0)

    def test_met_while_searching_leaves_what_is_served_and_a_fifth(self) -> None:
        """Although the queue had grown far longer than the answers could tell."""
        known = learn(self.SEARCHING, varied(at=100.0, waited=2.0), moment(100.0, in_flight=80))
        assert known.queueing
        assert known.mode is Mode.HOLDING
        assert 20 < known.limit < 30

    def test_that_is_empty_is_filled_up_once_for_each_answer_time(self) -> None:
        """Calls begun before the limit was raised tell nothing of the new one."""
        raised = learn(self.HOLDING, varied(at=100.0), moment(100.0))
        again = learn(raised, varied(at=100.4), moment(100.4, in_flight=24))
        later = learn(again, varied(at=102.4), moment(102.4, in_flight=24, let_in=1100))
        assert SETTLED.limit < raised.limit == again.limit < later.limit

    def test_is_not_read_from_the_last_answers_before_the_centre_closes(self) -> None:
        """When nothing begins any more only the slow ones are left."""
        rest = replace(self.HOLDING, window_let_in=1000)
        known = learn(rest, varied(at=100.0, waited=4.0), moment(100.0, in_flight=3))
        assert known.limit == SETTLED.limit


class TestLostCalls:
    def test_of_a_bad_line_cut_nothing_while_the_others_are_answered_quickly(self) -> None:
        lost = Seen(began=70.0, ended=100.1, answered=False, timed_out=True, beside=10)
        assert learn(SETTLED, [lost, *answered(at=100.1)], moment(100.1)).limit >= 20

    def test_cut_by_half_where_the_others_are_answered_late(self) -> None:
        overrun = replace(SETTLED, answer=15.0)
        lost = Seen(began=70.0, ended=100.1, answered=False, timed_out=True, beside=10)
        assert learn(overrun, [lost, *answered(at=100.1, seconds=15.0)], moment(100.1)).limit == 10


class TestWhatIsKnown:
    def test_survives_being_kept_as_text(self) -> None:
        known = learn(SETTLED, [refused(at=100.2), *answered(at=100.2)], moment(100.2))
        assert from_json(to_json(known)) == known

    def test_of_another_version_is_taken_as_far_as_it_goes(self) -> None:
        text = to_json(SETTLED).replace('"credit"', '"a_word_of_tomorrow"')
        assert from_json(text).limit == SETTLED.limit

    def test_is_not_changed_by_a_lesson(self) -> None:
        known = learn(SETTLED, [refused(at=100.2)], moment(100.2))
        before = to_json(known)
        learn(known, [refused(at=100.3), *answered(at=100.3)], moment(100.3))
        assert to_json(known) == before
