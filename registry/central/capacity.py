"""How much may we ask of the centre?

Pure: what was known, what was seen since, and the time go in; what is known comes out. The centre tells
nobody what it bears, so three signs are read: calls that are refused, answers that become slow, and
silence. ``throttle`` asks after every lesson is due and keeps what is known for all workers;
docs/throttle.md argues for each part and shows what it reached.

Two numbers come out. ``limit`` is how many calls may be in flight, ``pace`` how many may begin per
second. A centre that works on so many calls at a time is met by the first, one with a quota per time
by the second, and which of the two a centre is shows in what follows a refusal.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum

# --- What it costs to find out --------------------------------------------------------------------

TRIES_PER_ANSWER = 3 / 1000  # a try above the known level may be refused: three in a thousand calls are
TRY_SECONDS = 60.0  # ... and one a minute where calls are few: one refusal a minute hurts nobody
DEBT = 0.5  # a fallen level costs refusals that no saving would have spared: only so much of it is paid back
FIRST_CREDIT = 3.0  # an unknown centre is worth some refusals
RESTLESS = 4.0  # times as many tries for a centre whose level has risen lately ...
RESTLESS_SECONDS = 200.0  # ... fading within minutes
CREDIT = 1.5  # tries that can be saved up: after a quiet night there is no volley of them
FIRST_LIMIT = 2.0  # calls in flight at an unknown centre: two show whether one disturbs the other
SEARCH_AHEAD = 4.0  # times the level at which answers were seen to be quick: further is a leap in the dark
SMALL = 8.0  # calls in flight up to which one more is added for an answer, and not two
HIGHEST = 4096.0  # calls in flight; more than all threads of all offices' workers
PACE_SLACK = 2.0  # starts per second over what is answered per second: room for chance, none for bursts

# --- How long until a sign can be trusted ---------------------------------------------------------

VERDICT_TIMES = 4.0  # a call not refused after four usual refusal times has been let in
VERDICT_LEAST = 0.25  # s; and a quarter of a second where refusals are instant
WINDOW_ANSWERS = 40  # answers whose low quantile says something: its error is a quarter of the median
WINDOW_FEWEST = 5  # ... and where answers are rare, this many ...
WINDOW_LONGEST = 3.0  # ... once three answer times have passed
RAISE_HURRY = 0.6  # of both while the limit is being raised ...
SEARCH_HURRY = 0.3  # ... and while it is searched: a queue of half an answer's time shows in twelve answers
LOW = 0.1  # the quantile: the quickest tenth hardly waited, so what they waited all waited
BASE_ANSWERS = 400  # answers after which older ones fade
QUANTILE_ERROR = 0.5  # its standard error is about half the median over the root of the answers

# --- A quota per time, or a number at a time? -----------------------------------------------------

ODD = 3  # times that a call was let in where one had just been refused: it is not their number
ALIKE = 0.01  # two refusals at levels as near as this: it is their number
ALIKE_ROW = 4  # of them in a row, where a quota was believed in
QUOTA_SHARE = 0.999  # of what was let in per second between two refusals
QUOTA_RUN = 280  # calls let in since the last refusal: so long a quota that is all used lets none go by
QUOTA_FEWEST = 5  # let in between them; from fewer nothing can be read:
QUOTA_SAME = 2  # calls: what a short reading may be off by, as it begins and ends within a call
QUOTA_CUT = 0.8  # ... down by a fifth instead
QUOTA_TRY = 0.015  # of the pace: the first try
QUOTA_FAR = 1.11  # times the pace before: a try that went as far says that the quota has risen
QUOTA_LOOK = 1.0  # s between two tries ...
QUOTA_LOOK_CALLS = 3.0  # ... and this many calls
SPENT_SHARE = 0.1  # of the level: refused with so few in flight, it is not their number
BLOCKED = 3  # refusals in a row: nothing is let in at all

# --- Chance ---------------------------------------------------------------------------------------

OVER = 0.4  # of the calls are refused where the level is one too high: each that is asks again at once
BY_CHANCE = 0.001  # so seldom is a run of refusals taken for more than chance
CLEAN_CALLS = 100  # let in since the last refusal: whatever was done then was enough
LOOK_LONGER = 1.5  # times the calls that the odd refusals took: chance refuses two again, but once in fifty
LOOK_REFUSED = 10  # refusals by chance tell their share well enough ...
LOOK_EVERY = 20  # ... and one call of so many is spent on looking
NOISE_MOST = 0.33  # of the calls: what fails more often than that is not chance
LONGEST_WAIT = 3600.0  # s; a longer Retry-After is asked about again within the hour

# --- A queue at the centre ------------------------------------------------------------------------

QUEUE_SHARE = 0.2  # of the limit may wait at the centre: more than the error of reading it
QUEUE_LEAST = 1.0  # ... and one call where the limit is small
REFUSERS_QUEUE = 0.5  # of the limit: a centre that refuses is believed to queue only when it surely does
DRAIN_EVERY = 1800.0  # s; the queue is let run dry now and then, to see the answer time without it ...
LESS = 0.7  # ... at this share of what was served ...
SLOW = 3.0  # times the answer time known before: then it is not dry yet ...
DRAINED = 0.85  # ... and less is tried, while that makes answers quicker by more than chance
LATE_SHARE = 0.25  # of the time after which a call is given up: the mean answer of a centre that is overrun

# --- Silence --------------------------------------------------------------------------------------

SILENT_ANSWERS = 14.0  # answers that are missing in a row; by chance alone once in a million
SUSPICIOUS_ANSWERS = 6.0  # by chance once in four hundred: nothing more begins until one comes
SILENT_LEAST = 1.0  # s
SILENT_FAILURES = 3  # where answers are rare: failures in a row, for longer than an answer takes
FIRST_PAUSE = 3.0  # s before the first probe
LONGEST_PAUSE = 22.5  # s; not three probes a minute for the whole fleet, and a return is seen within them
PAUSE_GROWTH = 2.75
PROBE_PATIENCE = 2.5  # answer times after which a probe counts as lost and the next may go
RETURN_DOUBLES = 1.0  # s in which the starts per second double after the first answer
RETURN_PACE = 4.0  # times the usual starts per second at most while coming back
RETURN_SHARE = 0.95  # of the level before; the rest is tried step by step
RETURN_TRY = 0.25  # of the level or the pace: the first step beyond it, for it may have risen meanwhile ...
RETURN_QUEUE_TRY = 1.0  # ... and where it queues: what is too much waits a moment there, none is refused
IDLE_SECONDS = 60.0  # without a call: come back as after an outage, for others have come meanwhile
STALE_SECONDS = 3600.0  # after an hour of silence half of what was known is asked for at first ...
FORGOTTEN_SECONDS = 7 * 86400.0  # ... and after a week a tenth


class Mode(StrEnum):
    """What the fleet is doing now."""

    SEARCHING = "searching"  # no sign yet: one more for every answer
    HOLDING = "holding"  # the level is known; one more is tried now and then
    YIELDING = "yielding"  # refused again and again: the level has fallen, nobody knows how far
    OUTAGE = "outage"  # silence: one probe at a time
    RETURNING = "returning"  # the first answers after silence


@dataclass(frozen=True, slots=True)
class Seen:
    """One call that ended. Times in seconds by the throttle's clock, ``beside`` without itself."""

    began: float
    ended: float
    answered: bool  # whatever the answer was
    timed_out: bool = False  # no answer at all, rather than a refusal
    beside: int = 0  # calls in flight when it began
    retry_after: float = 0.0  # s that a refusal asked to wait

    @property
    def seconds(self) -> float:
        return self.ended - self.began


@dataclass(frozen=True, slots=True)
class Moment:
    """What the throttle sees now; ``proven``: calls in flight that began after the last refusal."""

    now: float
    in_flight: int
    let_in: int  # calls ever begun and not refused
    proven: int = 0
    full_at: float = 0.0  # when the limit was last used up


@dataclass(slots=True)
class Known:
    """What is known of the centre: plain numbers, so that it can be kept anywhere as JSON."""

    mode: Mode = Mode.SEARCHING
    limit: float = FIRST_LIMIT  # calls in flight
    pace: float = 0.0  # calls begun per second, 0: as many as the limit lets
    returned_at: float = 0.0  # when the first answer after silence came

    answer: float = 0.0  # s, mean time of an answer
    served_in: float = 0.0  # s of it without the wait in a queue
    answers: int = 0
    refusal: float = 0.0  # s, usual time of a refusal
    rate: float = 0.0  # answers per second, lately
    weight: float = 0.0  # how much of ``rate`` is known yet
    learned_at: float = 0.0
    answered_at: float = 0.0
    flow: float = 0.0  # answers per second when the last one came
    missing: float = 0.0  # answers that should have come since the last one
    failures: int = 0  # in a row, without an answer between

    credit: float = FIRST_CREDIT
    restless: float = 0.0  # rises of the level lately
    fallen_to: float = HIGHEST  # the level after its last fall
    step: float = 1.0  # of the next try
    grown_at: float = 0.0
    full_at: float = 0.0  # when the limit was first seen used up since it was grown

    refusing: bool = False  # this centre refuses rather than queues
    in_row: int = 0  # refusals without a call let in between
    spent: int = 0  # of them with hardly anything in flight
    refused_at: float = 0.0
    refused_began: float = 0.0
    cut_at: float = 0.0
    wait_until: float = 0.0  # nothing begins before: so the centre asked
    refused_level: float = -10.0  # the centre refused one more than this, lately
    alike: int = 0  # refusals in a row at the same level
    odd: int = 0  # times that a call was let in where one had been refused
    doubt: bool = False  # refused at a new level: ask there once more
    since: float = 0.0  # the refusal from which calls let in are counted ...
    since_let_in: int = 0
    last: float = 0.0  # ... and the last one
    last_let_in: int = 0

    noise: float = 0.0  # share of calls that fail at any load
    evidence: float = 0.0  # that the last refusals were not by chance: the logarithm of how seldom that is
    cuts: int = 0  # cuts of the pace without a clean run between
    cut_let_in: int = 0  # calls let in before them
    look_calls: int = 0  # less is asked for so many calls, to see whether chance refuses as many ...
    look_from: int = 0  # ... from so many let in on
    look_refused: int = 0
    look_rate: float = 0.0  # calls let in per second before, if that may be a quota

    quota: bool = False  # this centre counts calls per time
    quota_pace: float = 0.0  # calls begun per second that it bears
    quota_step: float = 0.0  # of the next try, as a share of the pace
    tried_at: float = 0.0
    quota_before: float = 0.0  # the pace before the last try
    try_pace: float = 0.0  # the pace before the tries began
    long_since: float = 0.0  # the refusal before a try that went far, if nothing was read since
    long_let_in: int = 0

    base: float = 0.0  # s, the quickest tenth of answers without a queue
    base_answers: int = 0
    base_error: float = 0.0
    window: list[float] = field(default_factory=list)
    window_at: float = 0.0
    window_from: float = 0.0  # calls begun before tell of another limit
    window_let_in: int = 0  # calls let in before it
    window_beside: int = 0  # sum of the calls in flight when these began
    clear: float = 0.0  # the most calls in flight beside which answers were seen to be quick
    queue: float = 0.0  # calls waiting at the centre
    drained: float = 0.0  # the level to return to, while the queue is let run dry
    drained_at: float = 0.0
    drain_low: float = 0.0  # s, the quickest tenth in the last step of running dry
    queueing: bool = False  # this centre queues rather than refuses

    before: float = 0.0  # the level before silence
    silent_at: float = 0.0
    pause: float = 0.0
    probe_at: float = 0.0
    void_before: float = 0.0  # calls begun before are written off

    @property
    def level(self) -> float:
        """Calls in flight that the centre is believed to bear; in a silence, those it bore before."""
        return self.before if self.mode in (Mode.OUTAGE, Mode.RETURNING) else self.limit

    @property
    def probe_patience(self) -> float:
        """Seconds after which a probe counts as lost."""
        return PROBE_PATIENCE * max(self.answer, 1.0)

    @property
    def breathless(self) -> bool:
        """Whether answers are so overdue that nothing more should begin until one comes."""
        return self.missing > SUSPICIOUS_ANSWERS

    @property
    def verdict(self) -> float:
        """Seconds after which a call that was not refused has been let in."""
        return max(VERDICT_LEAST, VERDICT_TIMES * self.refusal)

    @property
    def starts(self) -> float:
        """Calls that may begin per second now."""
        if self.breathless:
            return 0.0
        usual = self.served_in if self.queueing else self.answer  # what waits is not served the sooner
        return self.pace or PACE_SLACK * max(self.limit / (usual or 1.0), 1.0)

    @property
    def usual_rate(self) -> float:
        """Calls per second that the level before silence came to."""
        return max(self.before, 1.0) / max(self.answer, 0.01)


def learn(known: Known, seen: Sequence[Seen], at: Moment) -> Known:
    """What is known after these calls ended."""
    k = replace(known, window=list(known.window))
    k.learned_at = known.learned_at or at.now
    _count(k, seen, at)
    if k.mode is Mode.OUTAGE:
        _listen(k, seen, at)
    elif _silent(k, at):
        _fall_silent(k, at)
    else:
        if at.in_flight == 0 and k.answers and at.now - k.answered_at > IDLE_SECONDS:
            _return(k, at, quiet=at.now - k.answered_at)
        _come_back(k, at)
        _heed_refusals(k, seen, at)
        _heed_lost_calls(k, seen, at)
        _read_queue(k, at)
        _try_more(k, seen, at)
    k.limit = min(max(k.limit, 1.0), HIGHEST)
    k.learned_at = at.now
    return k


def to_json(known: Known) -> str:
    """To be kept for all workers."""
    return json.dumps(asdict(known))


def from_json(text: str) -> Known:
    """The reverse. What an older version knew and this one does not is left out."""
    names = {one.name for one in fields(Known)}
    facts = {name: value for name, value in json.loads(text).items() if name in names}
    facts["mode"] = Mode(facts["mode"])
    return Known(**facts)


# --- Counting -------------------------------------------------------------------------------------


def _count(k: Known, seen: Sequence[Seen], at: Moment) -> None:
    answered = [one for one in seen if one.answered]
    elapsed = max(0.0, at.now - k.learned_at)
    for one in answered:
        k.answers += 1
        k.answer += (one.seconds - k.answer) / min(k.answers, 50)
        if one.began >= k.window_from:
            k.window.append(one.seconds)
            k.window_beside += one.beside
    k.restless *= math.exp(-elapsed / RESTLESS_SECONDS)
    tries = len(answered) * TRIES_PER_ANSWER * (1 + RESTLESS * min(1.0, k.restless))
    if answered:
        tries = max(tries, (at.now - k.answered_at) / TRY_SECONDS)
    k.credit = max(k.credit, min(CREDIT, k.credit + tries))
    fade = math.exp(-elapsed / max(3.0, k.answer))
    k.rate = k.rate * fade + len(answered) / max(3.0, k.answer)
    k.weight = k.weight * fade + (1 - fade)
    failed = [one for one in seen if not one.answered and one.began >= k.void_before]
    if answered:
        k.answered_at, k.missing, k.failures = at.now, 0.0, 0
        k.flow = _rate(k) if k.weight > 0.5 else 0.0
    else:
        expected = at.in_flight / max(k.answer, 0.01)
        k.missing += elapsed * (min(expected, 1.5 * k.flow) if k.flow else expected)
        k.failures += len(failed)
    for one in failed:
        if not one.timed_out:
            k.refusal += (one.seconds - k.refusal) / (8 if k.refusal else 1)


def _rate(k: Known) -> float:
    return k.rate / k.weight if k.weight > 0.05 else 0.0


# --- Silence and return ---------------------------------------------------------------------------


def _silent(k: Known, at: Moment) -> bool:
    quiet = k.learned_at - k.answered_at
    if not k.answers:
        return k.failures >= SILENT_FAILURES
    missing = k.missing >= SILENT_ANSWERS and quiet >= max(SILENT_LEAST, k.base)
    failing = k.failures >= SILENT_FAILURES and quiet > 1.5 * k.answer
    return missing or failing or (k.breathless and k.failures > 0 and not at.in_flight)


def _fall_silent(k: Known, at: Moment) -> None:
    if k.mode is not Mode.RETURNING:
        k.before = max(k.limit, k.before if at.now - k.refused_at < 3 * k.answer else 0.0)
        k.silent_at = at.now
    k.mode = Mode.OUTAGE
    k.probe_at, k.pause = at.now + FIRST_PAUSE, next_pause(FIRST_PAUSE)
    k.void_before = at.now
    k.missing, k.failures, k.in_row, k.look_calls = 0.0, 0, 0, 0


def _listen(k: Known, seen: Sequence[Seen], at: Moment) -> None:
    """Any answer ends the silence; one to an old call also says that the old calls live."""
    answered = [one for one in seen if one.answered]
    if not answered:
        return
    if min(one.began for one in answered) < k.void_before:
        k.void_before = 0.0
    _return(k, at, quiet=at.now - k.silent_at)
    _come_back(k, at)


def _return(k: Known, at: Moment, *, quiet: float) -> None:
    """Up to the level before, or to a part of it where that was long ago."""
    if k.mode is not Mode.OUTAGE:
        k.before = k.limit
    share = RETURN_SHARE if quiet < STALE_SECONDS else 0.5 if quiet < FORGOTTEN_SECONDS else 0.1
    k.mode, k.returned_at = Mode.RETURNING, at.now
    k.limit = max(1.0, k.before * share)
    k.rate = k.weight = k.missing = 0.0
    k.look_calls = 0
    k.refused_level, k.since = -10.0, 0.0
    _forget_window(k, at)


def _come_back(k: Known, at: Moment) -> None:
    """Begin slowly, and double the starts per second until the level is reached."""
    if k.mode is not Mode.RETURNING:
        return
    past = at.now - k.returned_at
    k.pace = (k.quota_pace or k.usual_rate) * min(
        1.0 if k.quota else RETURN_PACE, 2 ** (past / RETURN_DOUBLES)
    )
    there = past >= RETURN_DOUBLES if k.quota else _full(k, at)
    if there or past > max(10.0, 4 * k.answer):
        k.mode, k.pace = _settled(k), k.quota_pace
        _begin_try(k, RETURN_TRY, at)
        k.step = max(1.0, (RETURN_QUEUE_TRY if k.queueing else RETURN_TRY) * k.limit)
        k.grown_at, k.full_at = at.now, 0.0
        k.credit = max(k.credit, 1.0)


def _settled(k: Known) -> Mode:
    """A level is held where the centre once showed it; where it showed nothing yet the search goes on."""
    return Mode.HOLDING if k.refusing or k.queueing else Mode.SEARCHING


def next_pause(pause: float) -> float:
    """Seconds until the probe after the next one."""
    return min(pause * PAUSE_GROWTH, LONGEST_PAUSE)


# --- Refusals -------------------------------------------------------------------------------------


def _heed_refusals(k: Known, seen: Sequence[Seen], at: Moment) -> None:
    if at.proven or any(one.answered and one.began > k.refused_began for one in seen):
        if k.in_row:
            k.evidence = 0.0
        k.in_row = k.spent = 0
        if k.mode is Mode.YIELDING:
            _let_in_again(k, at)
    refused = [one for one in seen if not one.answered and not one.timed_out]
    news = [one for one in refused if one.began > k.cut_at]
    ended = sum(one.answered for one in seen) + len(refused)
    sure = _more_than_chance(k, len(news), ended - len(refused))
    if k.look_calls and (not k.noise or not sure):
        _look_on(k, len(news), at)
    elif sure and news:
        k.look_calls = 0
        k.credit = max(k.credit - len(refused), min(k.credit, -DEBT))
        k.in_row += 1
        if not k.queueing or k.in_row > 1:
            k.refusing, k.queueing = True, False  # a refusal is the plainer word
        k.refused_began = max(one.began for one in news)
        k.wait_until = max(k.wait_until, _asked_to_wait(k, refused, at))
        _cut(k, min(one.beside for one in news), max(one.retry_after for one in news), at)


def _asked_to_wait(k: Known, refused: Sequence[Seen], at: Moment) -> float:
    """A full house asks the one too many to wait, and the others go on; else the word is for all of us."""
    seconds = min(max(one.retry_after for one in refused), LONGEST_WAIT)
    if seconds and (k.quota or k.in_row >= BLOCKED or not k.answers):
        return at.now + seconds
    k.grown_at = max(k.grown_at, at.now + seconds)
    return 0.0


def _let_in_again(k: Known, at: Moment) -> None:
    k.mode, k.pace = Mode.HOLDING, k.quota_pace
    k.fallen_to = k.limit if k.limit < 0.8 * k.before else HIGHEST
    if not k.quota and k.limit < k.before / 2:
        k.mode, k.returned_at = Mode.RETURNING, at.now
        k.limit, k.refused_level = RETURN_SHARE * k.before, -10.0


def _cut(k: Known, level: int, wait: float, at: Moment) -> None:
    if at.now - k.refused_at > 3 * k.answer:
        k.before = k.limit
    k.refused_at = k.cut_at = at.now
    if k.in_row == 1:
        _compare(k, level)
    k.refused_level = level
    if k.mode is Mode.RETURNING or (k.mode is Mode.SEARCHING and (k.in_row >= 2 or k.credit < 0)):
        k.mode, k.pace = Mode.HOLDING, 0.0
    if k.in_row == 1:
        _mark(k, at.now + wait, at)
    if k.quota:
        _slow_down(k, at)
    else:
        k.limit = min(k.limit, level - 2.0 * (k.in_row - 1))
        k.step, k.grown_at, k.full_at = 1.0, max(k.grown_at, at.now), 0.0
    if k.in_row >= BLOCKED:
        k.mode = Mode.YIELDING
        k.spent = k.spent + 1 if k.quota or level <= SPENT_SHARE * k.before else 0
        k.pace = max(1 / k.verdict / 2 ** min(k.spent, 10), 1 / LONGEST_PAUSE)


def _compare(k: Known, level: int) -> None:
    """Refused at one level again and again: that is what the centre counts. Else ask there once more."""
    usual = k.quota_pace * k.answer  # so many are in flight at a quota whatever refuses them
    alike = level > usual and abs(level - k.refused_level) <= ALIKE * level
    k.alike = k.alike + 1 if alike else 0
    if not level:
        k.odd += 1  # it was the only one
    k.doubt = not alike
    if alike:
        k.odd = max(0, k.odd - 1)
    if k.quota and k.alike >= ALIKE_ROW:
        k.quota, k.quota_pace, k.pace, k.limit = False, 0.0, 0.0, level


def _mark(k: Known, opens: float, at: Moment) -> None:
    """What is let in between two refusals tells a quota; all from the first of a series on."""
    k.last, k.last_let_in = opens, at.let_in
    if not k.quota and (not k.odd or not k.since):
        k.since, k.since_let_in = opens, at.let_in


def _wonder(k: Known, at: Moment) -> bool:
    """Let in where one was refused: by chance, by a rise, or because their number is not what counts?"""
    k.odd, k.refused_level, k.doubt = k.odd + 1, -10.0, True
    let_in, span = k.last_let_in - k.since_let_in, k.last - k.since
    if k.odd < ODD or let_in < QUOTA_FEWEST:
        return False
    _look_below(k, int(LOOK_LONGER * let_in), at, rate=let_in / span)
    return True


def _count_time(k: Known, rate: float, at: Moment) -> None:
    k.quota, k.quota_pace, k.pace, k.since = True, QUOTA_SHARE * rate, QUOTA_SHARE * rate, 0.0
    _begin_try(k, QUOTA_TRY, at)
    _make_room(k)


def _make_room(k: Known) -> None:
    """Calls in flight that a pace comes to, and their chance."""
    usual = k.quota_pace * k.answer
    k.limit = max(k.limit, usual + 4 * math.sqrt(usual) + 2)


def _begin_try(k: Known, step: float, at: Moment) -> None:
    k.quota_step, k.tried_at, k.quota_before = step, at.now, k.quota_pace
    k.try_pace = k.quota_pace


def _slow_down(k: Known, at: Moment) -> None:
    """What is let in between two refusals is the quota: few calls tell it roughly, many exactly."""
    if k.in_row > 1:
        return
    let_in, span = at.let_in - k.since_let_in, k.last - k.since
    tried = k.quota_pace > k.try_pace
    if tried and (k.quota_pace > QUOTA_FAR * k.try_pace or not k.since):
        k.quota_pace = k.quota_before  # borne a moment ago; what is let in from now on tells the rest
        k.long_since, k.long_let_in = k.since, k.since_let_in
    elif not k.since:
        k.quota_pace = k.try_pace
    elif let_in < QUOTA_FEWEST:
        k.quota_pace *= QUOTA_CUT
    else:
        least = k.try_pace if tried else 0.0
        k.quota_pace = min(k.quota_pace, max(least, QUOTA_SHARE * _read_quota(k, let_in, span, at)))
    k.since, k.since_let_in, k.pace = k.last, at.let_in, k.quota_pace
    _begin_try(k, QUOTA_TRY, at)
    if not tried:
        _count_cut(k, let_in, at)


def _read_quota(k: Known, let_in: int, span: float, at: Moment) -> float:
    """Calls per second between two refusals; since an earlier one, where that is a call or two more.

    A try that went far was borne by what had been saved up, or the quota has risen: a few calls tell.
    If it was what had been saved up, all since the refusal before the try tell the same, and exactly.
    """
    long_since, k.long_since = k.long_since, 0.0
    if not long_since:
        return let_in / span
    long = (at.let_in - k.long_let_in) / (k.last - long_since)
    return max(long, let_in / span) if long * span <= let_in + QUOTA_SAME else let_in / span


def _heed_lost_calls(k: Known, seen: Sequence[Seen], at: Moment) -> None:
    """Calls that nobody answered tell of load only where the others were answered late."""
    lost = [one for one in seen if one.timed_out and one.began > k.cut_at]
    if not lost or k.answer < LATE_SHARE * max(one.seconds for one in lost):
        return
    k.queueing, k.refusing, k.cut_at = True, False, at.now
    k.limit, k.step = k.limit / 2, 1.0
    if k.mode is not Mode.OUTAGE:
        k.mode, k.pace = Mode.HOLDING, 0.0
    _forget_window(k, at)


# --- Chance ---------------------------------------------------------------------------------------


def _more_than_chance(k: Known, refused: int, answered: int) -> bool:
    """Add up how much likelier each end is where the level is too high; nothing is left of mere chance."""
    noise = max(k.noise, BY_CHANCE**2)
    k.evidence = max(0.0, k.evidence + answered * math.log((1 - OVER) / (1 - noise)))
    k.evidence += refused * math.log(OVER / noise)  # the last to end: a refusal is learned from at once
    return k.evidence > -math.log(BY_CHANCE)


def _count_cut(k: Known, let_in: int, at: Moment) -> None:
    """Less and less, and refused as often: is it our doing?"""
    if not k.cuts or let_in >= CLEAN_CALLS:
        k.cuts, k.cut_let_in = 0, at.let_in
    k.cuts += 1
    calls = at.let_in - k.cut_let_in
    if k.cuts > ODD and calls >= QUOTA_FEWEST:
        _look_below(k, int(LOOK_LONGER * calls), at, rate=k.quota_pace)


def _look_below(k: Known, calls: int, at: Moment, rate: float = 0.0) -> None:
    """Ask less for a while: chance refuses as often, a level or a quota that was too high refuses no more."""
    k.look_calls, k.look_from, k.look_refused, k.look_rate = calls, at.let_in, 0, rate
    k.pace = LESS * (rate or k.limit / k.answer)
    k.mode, k.quota, k.quota_pace = Mode.HOLDING, False, 0.0
    k.odd, k.cuts, k.cut_at, k.evidence = 0, 0, at.now, 0.0


def _look_on(k: Known, refused: int, at: Moment) -> None:
    """At the end: as often as before is chance, never is a quota, more often is one that has fallen on."""
    k.look_refused += refused
    calls = max(0, at.let_in - k.look_from) + k.look_refused
    if calls < k.look_calls and k.look_refused < LOOK_REFUSED:
        return
    k.mode = _settled(k)
    k.pace, k.look_from, k.look_calls, k.evidence = 0.0, at.let_in, 0, 0.0
    share = k.look_refused / calls
    if not k.look_rate:
        k.noise = (k.noise + share) / 2 if k.noise > BY_CHANCE else 0.0
        return
    if k.look_refused >= 2 and share < NOISE_MOST:  # it was chance: the search goes on
        k.noise = (k.noise + share) / 2 if k.noise else share
        k.mode, k.refusing, k.refused_level = Mode.SEARCHING, False, -10.0
    else:
        k.noise = 0.0
        _count_time(k, k.look_rate if k.look_refused < 2 else LESS * k.look_rate, at)


# --- The queue at the centre ----------------------------------------------------------------------


def _forget_window(k: Known, at: Moment) -> None:
    _open_window(k, at)
    k.window_from = at.now


def _open_window(k: Known, at: Moment) -> None:
    k.window, k.window_beside, k.window_at, k.window_let_in = [], 0, at.now, at.let_in


@dataclass(frozen=True, slots=True)
class _Reading:
    """What a window of answers says. Seconds, but ``rate`` in answers per second; ``beside`` in calls."""

    count: int
    rate: float
    low: float  # the quickest tenth
    mean: float
    error: float  # standard error of ``low``
    beside: float  # calls in flight when these began, on average


def _read_queue(k: Known, at: Moment) -> None:
    """At the end of a window of answers: how many calls wait at the centre, and what follows."""
    count, lasted = len(k.window), at.now - k.window_at
    if not _says_something(k, count, lasted):
        return
    ordered = sorted(k.window)
    read = _Reading(
        count=count,
        rate=_rate(k),
        low=ordered[int(LOW * count)],
        mean=sum(ordered) / count,
        error=QUANTILE_ERROR * ordered[count // 2] / math.sqrt(count),
        beside=1 + k.window_beside / count,
    )
    ending = at.let_in - k.window_let_in < count / 2  # only the slow ones are left: they are not the usual
    _open_window(k, at)
    if ending:
        return
    if k.drained:
        _end_drain(k, read, at)
        return
    if not k.queueing or read.low < k.base:
        _believe(k, read)
    waited = max(0.0, read.low - k.base)
    k.queue, k.served_in = read.rate * waited, read.mean - waited
    _meet_queue(k, read, at)
    if k.queueing and k.mode is Mode.HOLDING and at.now - k.drained_at > DRAIN_EVERY:
        _drain(k, at)


def _says_something(k: Known, count: int, lasted: float) -> bool:
    """Half as many answers, and fewer, are enough while the limit is being raised."""
    hurry = SEARCH_HURRY if k.mode is Mode.SEARCHING else RAISE_HURRY if k.step > 1.0 else 1.0
    enough = count >= hurry * WINDOW_ANSWERS and lasted >= hurry * k.answer / 2
    return enough or (count >= WINDOW_FEWEST and lasted >= hurry * WINDOW_LONGEST * k.answer)


def _believe(k: Known, read: _Reading) -> None:
    """Average over the windows that differ by chance only: the least of many would be too low."""
    if k.base and read.low > k.base + 1.5 * read.error + k.base_error:
        return
    weight = read.count / (read.count + k.base_answers)
    k.base += weight * (read.low - k.base)
    k.base_answers = min(k.base_answers + read.count, BASE_ANSWERS)
    k.base_error = read.error * math.sqrt(read.count / k.base_answers)
    k.clear = max(k.clear, read.beside)


def _drain(k: Known, at: Moment) -> None:
    """Let the queue run dry for a moment, to see what an answer takes without it."""
    k.drained, k.drained_at = max(1.0, k.limit - k.queue), at.now
    k.limit = max(1.0, LESS * k.drained)
    _forget_window(k, at)


def _end_drain(k: Known, read: _Reading, at: Moment) -> None:
    """What an answer takes now is what it takes without a queue, unless less calls made it quicker still."""
    if read.low > SLOW * k.base and (not k.drain_low or read.low < DRAINED * k.drain_low):
        k.drain_low, k.drained = read.low, k.limit
        k.limit = max(1.0, LESS * k.limit)
        _forget_window(k, at)
        return
    k.drain_low = 0.0
    k.base, k.base_answers, k.base_error = read.low, read.count, read.error
    k.limit = k.drained * (1 + QUEUE_SHARE)
    k.drained, k.queue = 0.0, 0.0


def _target(k: Known) -> float:
    return max(QUEUE_LEAST, QUEUE_SHARE * k.limit)


def _meet_queue(k: Known, read: _Reading, at: Moment) -> None:
    target = _target(k)
    clear = target if k.queueing else (REFUSERS_QUEUE if k.refusing else 1.25 * QUEUE_SHARE) * k.limit
    sure = not k.refusing or at.now - k.refused_at > 5 * k.answer
    if k.queue > max(clear, QUEUE_LEAST) + 1.5 * read.rate * read.error and sure:
        first = not k.queueing
        k.queueing, k.refusing, k.step = True, False, 1.0
        less = min(k.limit, at.in_flight + 1) - (k.queue - target)
        if first:  # a queue that grows is longer than answers show; what is being served is known
            less = min(less, (1 + QUEUE_SHARE) * read.rate * k.served_in)
        k.limit = max(1.0, less)
        if k.mode is Mode.SEARCHING:
            k.mode = Mode.HOLDING
        _forget_window(k, at)
        if first:
            k.queue, k.drained_at = target, at.now
    elif k.queueing and k.mode is Mode.HOLDING:
        if k.queue < 0.4 * target and _full(k, at):
            k.limit += max(k.step, QUEUE_SHARE * k.limit, 1.0)
            k.step = min(2 * max(k.step, QUEUE_SHARE * k.limit), 2 * QUEUE_SHARE * k.limit)
            _forget_window(k, at)
            return
        k.step = 1.0
        if k.queue > target:
            k.limit -= (k.queue - target) / 4


# --- Trying more ----------------------------------------------------------------------------------


def _full(k: Known, at: Moment) -> bool:
    """Whether the limit was used up since the last lesson: else nobody knows what a higher one would do."""
    return at.in_flight >= math.floor(k.limit) or at.full_at >= max(k.learned_at, k.grown_at)


def _try_more(k: Known, seen: Sequence[Seen], at: Moment) -> None:
    full = _full(k, at)
    if k.look_calls or k.evidence:
        return
    if k.noise and not k.drained and at.let_in - k.look_from > LOOK_EVERY * LOOK_REFUSED / k.noise:
        _look_below(k, int(LOOK_REFUSED / k.noise), at)
        return
    if k.mode is Mode.SEARCHING:
        if k.queue < _target(k) and (full or at.now - k.full_at < k.answer):
            more = (2 if k.limit >= SMALL else 1) * sum(one.answered for one in seen)
            k.limit = min(k.limit + more, SEARCH_AHEAD * max(k.clear, FIRST_LIMIT))
        if full:
            k.full_at = at.now
        return
    if k.mode is not Mode.HOLDING or not k.refusing:
        return
    if k.quota:
        _try_faster(k, at)
        return
    if full and not k.full_at:
        k.full_at = at.now
    if not k.full_at or at.now - k.full_at < k.verdict or at.now < k.grown_at:
        return
    known = math.floor(k.limit)
    if 0 <= k.refused_level < known and _wonder(k, at):
        return
    if known < k.refused_level:  # between what was let in and what was refused: halve, at little risk
        k.limit = known + math.ceil((k.refused_level - known) / 2)
        k.full_at = 0.0
        return
    if k.step <= 1.0 and k.credit < 1.0 and not k.doubt:
        return
    k.doubt = False
    if known > 1.2 * k.fallen_to:
        k.restless, k.fallen_to = min(2.0, k.restless + 0.5), HIGHEST
    k.limit = min(known + k.step, SEARCH_AHEAD * max(k.clear, FIRST_LIMIT))
    k.step = min(2 * k.step, max(1.0, 0.25 * k.limit))
    k.grown_at, k.full_at = at.now, 0.0


def _try_faster(k: Known, at: Moment) -> None:
    look = max(QUOTA_LOOK, k.verdict, QUOTA_LOOK_CALLS / k.quota_pace)
    first = k.quota_step <= QUOTA_TRY
    long = at.let_in - k.last_let_in >= QUOTA_RUN or at.now - k.last >= TRY_SECONDS
    if at.now - k.tried_at < look or (first and not long):
        return
    if first:
        k.cuts = 0  # nothing was refused for long enough
        _begin_try(k, QUOTA_TRY, at)
    k.quota_before = k.quota_pace
    k.quota_pace *= 1 + k.quota_step
    k.quota_step = min(2 * k.quota_step, 0.25)
    k.pace, k.tried_at = k.quota_pace, at.now
    _make_room(k)
