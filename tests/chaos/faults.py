"""What can go wrong? Each fault is one function: it strikes, heals, and says how often it struck."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import uuid4

import httpx2
from django.db import Error, connection
from redis import RedisError

from ektp_project import processes
from printing import tasks
from printing.models import Printer
from printing.states import HoldReason
from registry.crashpoints import POINTS
from registry.models import Resident
from tests import ippeveprinter
from tests.chaos.ground import Disk
from tests.chaos.office import Office, patiently
from tests.chaos.proxy import Proxy

PLENTY = 8  # people who keep the line busy
HIT_SECONDS = 120.0  # a point that nobody passes for so long was not hit; a worker may die and start before
WHO = ("central", "printing", "office")
# A point that is only passed after somebody has died at another one.
AFTER: Mapping[str, str] = {
    "rescue.writing": "authorize.answered",
    "doubt.looking": "print.begun",
    "doubt.asked": "print.sent",
}
NUDGES: Mapping[str, tuple[Callable[[], object], ...]] = {
    "seal.closing": (tasks.seal_ledger.delay,),
    "expire.writing": (tasks.expire_commands.delay,),
    "rescue.writing": (tasks.sweep_claims.delay,),
    "doubt.looking": (tasks.sweep_sending.delay,),
    "doubt.asked": (tasks.sweep_sending.delay,),
}


@dataclass(frozen=True)
class Fault:
    """One kind of fault; ``people`` come in while it strikes. ``lack``: why this machine cannot have it."""

    group: str
    name: str
    strike: Callable[[Office], int]
    people: int = 6
    lack: str = ""


# --- Crash points -----------------------------------------------------------------------------


def die_at(point: str, office: Office) -> int:
    """Arm a point, and the one before it, and wait until somebody has died there. 0: nobody came by."""
    marks = [office.armed / armed for armed in (AFTER.get(point), point) if armed]
    for mark in marks:
        mark.touch()
    limit = time.monotonic() + HIT_SECONDS
    while any(mark.exists() for mark in marks) and time.monotonic() < limit:
        if not patiently(office.undone):  # all of it was done before the point was armed
            office.bring_in(count=2)
        with contextlib.suppress(RedisError, OSError):
            for nudge in NUDGES.get(point, ()):
                nudge()
        time.sleep(0.25)
    hit = not marks[-1].exists()
    struck = _disarm(marks, office)
    return struck if hit else 0


def die_everywhere(office: Office, *, seconds: float = 150.0) -> int:
    """Every point is armed at once: workers die as fast as they come back, each at another one."""
    marks = [office.armed / point for point in POINTS]
    for mark in marks:
        mark.touch()
    limit = time.monotonic() + seconds
    while any(mark.exists() for mark in marks) and time.monotonic() < limit:
        if patiently(office.undone) < PLENTY:
            office.bring_in(count=PLENTY)
        with contextlib.suppress(RedisError, OSError):
            for nudge in {nudge for nudges in NUDGES.values() for nudge in nudges}:
                nudge()
        time.sleep(0.5)
    return _disarm(marks, office)


def _disarm(marks: Sequence[Path], office: Office) -> int:
    """How many of them have been died at; the rest are taken away."""
    hit = [mark for mark in marks if not mark.exists()]
    office.died_at.update(mark.name for mark in hit)
    for mark in marks:
        mark.unlink(missing_ok=True)
    return len(hit)


# --- Processes --------------------------------------------------------------------------------


def kill(names: tuple[str, ...], office: Office, *, times: int = 3) -> int:
    """SIGKILL of one after the other, into the middle of whatever they do."""
    for _time in range(times):
        time.sleep(office.chance.uniform(0.1, 1.2))
        office.kill(office.chance.choice(names))
    return times


def kill_all_at_once(office: Office) -> int:
    """The power fails: every process of ours at the same moment."""
    time.sleep(office.chance.uniform(0.3, 1.0))
    for name in (*WHO, "beat", "web"):
        office.kill(name)
    return len(WHO) + 2


def two_beats(office: Office) -> int:
    """A second beat comes up, and the first is killed: its successor takes over."""
    office.whole.start("beat-2", *processes.BEAT)
    time.sleep(4)
    office.kill("beat")
    time.sleep(3)
    office.whole.kill("beat-2")
    return 2


# --- Servers ----------------------------------------------------------------------------------


def kill_the_database(office: Office) -> int:
    """SIGKILL of PostgreSQL's main process; it comes back with what was committed."""
    time.sleep(office.chance.uniform(0.2, 1.0))
    with office.without(office.database, seconds=office.chance.uniform(0.0, 1.5)):
        pass
    return 1


def kill_a_backend(office: Office) -> int:
    """SIGKILL of one backend: PostgreSQL throws everybody out and recovers."""
    struck = 0
    for _time in range(2):
        time.sleep(office.chance.uniform(0.5, 1.5))
        struck += office.database.kill_a_child()
    office.database.start()
    return struck


def restart_the_database(office: Office) -> int:
    """An orderly restart in the middle of the day."""
    time.sleep(office.chance.uniform(0.2, 1.0))
    office.database.restart()
    connection.close()
    return 1


def fail_over(office: Office) -> int:
    """The database is lost with its disk; a backup and the journal bring back every commit."""
    backup = office.folder / f"backup-{uuid4().hex[:8]}"
    office.database.back_up(backup)
    office.bring_in(count=PLENTY)
    time.sleep(office.chance.uniform(1.0, 3.0))
    office.up = False
    try:
        office.database.fail_over_to(backup)
    finally:
        connection.close()
        office.up = True
    return 1


def full_disk(office: Office) -> int:
    """Not a byte is left for PostgreSQL until it has said so for some seconds; then somebody makes room."""
    assert office.database.disk
    before, limit = _complaints(office), time.monotonic() + 30
    office.up = False
    office.database.disk.fill()
    try:
        while _complaints(office) == before and time.monotonic() < limit:
            with contextlib.suppress(Error), connection.cursor() as cursor:
                cursor.execute(
                    "CREATE TEMP TABLE much AS SELECT repeat('x', 900) FROM generate_series(1, 9999)"
                )
            connection.close()
            time.sleep(0.2)
        time.sleep(3)
    finally:
        office.database.disk.empty()
        connection.close()
        office.database.start()
        office.up = True
    return _complaints(office) - before


def _complaints(office: Office) -> int:
    return office.database.log.read_text(errors="replace").count("No space left on device")


def kill_the_broker(office: Office) -> int:
    """SIGKILL of Valkey; its journal brings most of it back."""
    time.sleep(office.chance.uniform(0.2, 1.0))
    with office.without(office.broker, seconds=office.chance.uniform(0.0, 1.5)):
        pass
    return 1


def empty_the_broker(office: Office) -> int:
    """Everything in Valkey is gone: bells, permits, signatures."""
    for _time in range(5):
        time.sleep(office.chance.uniform(0.2, 0.8))
        office.redis.flushall()
    return 5


# --- The network ------------------------------------------------------------------------------


def cut(which: str, office: Office) -> int:
    """Every connection through this relay is reset, several times."""
    proxy: Proxy = getattr(office, which)
    struck = 0
    for _time in range(10):
        time.sleep(office.chance.uniform(0.2, 0.7))
        struck += proxy.cut()
    return struck


def spoil(which: str, office: Office, *, seconds: float = 3.0, **fault: object) -> int:
    """The relay is bad for some seconds."""
    proxy: Proxy = getattr(office, which)
    before = proxy.struck
    for name, value in fault.items():
        setattr(proxy, name, value)
    try:
        time.sleep(seconds)
    finally:
        proxy.heal()
    return proxy.struck - before


# --- The centre -------------------------------------------------------------------------------


def trouble_at_the_centre(knob: str, office: Office, *, share: float = 0.5, least: int = 30) -> int:
    """A share of its calls goes wrong until enough have."""
    before = _faults(office, knob)
    office.turn(**{knob: share})
    limit = time.monotonic() + 20
    while _faults(office, knob) - before < least and time.monotonic() < limit:
        if patiently(office.undone) < PLENTY:  # or nobody calls the centre any more
            office.bring_in(count=PLENTY)
        time.sleep(0.2)
    office.turn(**{knob: 0.0})
    return _faults(office, knob) - before


def slow_centre(office: Office) -> int:
    """Answers come later than anybody waits for them."""
    office.turn(slow_seconds=6.0)
    return trouble_at_the_centre("slow_answers", office, share=0.5, least=4)


def dead_centre(office: Office, *, silent: bool) -> int:
    """Nobody answers for a while."""
    before = _faults(office, "dead")
    office.turn(dead=True, silent=silent)
    time.sleep(5)
    office.turn(dead=False, silent=False)
    return _faults(office, "dead") - before


def closed_centre(office: Office) -> int:
    """The hours are over in the middle of the work."""
    before = office.centre_stats()["closed"]
    office.turn(opens="00:00", closes="00:01")
    time.sleep(4)
    office.turn(opens="", closes="")
    with contextlib.suppress(RedisError):  # it opens earlier than it said: an administrator resumes
        for key in office.redis.scan_iter(match="ektp:{central}:*"):
            office.redis.delete(key)
    return int(office.centre_stats()["closed"]) - int(before)  # type: ignore[call-overload]


def killed_centre(office: Office) -> int:
    """The centre itself dies and comes back on the same address, with its books."""
    time.sleep(office.chance.uniform(0.2, 0.8))
    host, port = office.to_centre.upstream
    with office._calm:
        office.whole.kill("centre")
        time.sleep(0.5)
        office.centre = office.whole.start_centre("service_seconds=0.02", port=int(port))
        office.whole.environment["CENTRAL_URL"] = f"http://{host}:{office.to_centre.listen[1]}"
    return 1


def _faults(office: Office, knob: str) -> int:
    return int(office.centre_stats()["faults"].get(knob, 0))  # type: ignore[attr-defined]


# --- Printers ---------------------------------------------------------------------------------


def empty_printers(office: Office) -> int:
    """Out of media, then out of ribbon, then a jam."""
    reasons = ("media-empty", "marker-supply-empty", "media-jam")
    for reason in reasons:
        for folder in office.folders:
            office.behave(folder, reasons=[reason])
        time.sleep(1.0)
    for folder in office.folders:
        office.behave(folder)
    patiently(lambda: Printer.objects.filter(hold_reason__gt="").update(hold_reason=""))
    return len(reasons) * len(office.folders)


def clumsy_printers(office: Office) -> int:
    """Every third card is spoiled."""
    before = _spoiled(office)
    for folder in office.folders:
        office.behave(folder, fail_every=3)
    time.sleep(4)
    for folder in office.folders:
        office.behave(folder)
    return _spoiled(office) - before


def vanished_printer(office: Office) -> int:
    """The power of one printer fails while it prints, and comes back."""
    folder = office.folders[0]
    aside = folder.with_name("aside")
    for _time in range(3):
        time.sleep(office.chance.uniform(0.2, 0.8))
        (folder / "printer.json").rename(aside)
        (folder / "printer.json").write_text("{")  # nobody understands what it says
        time.sleep(0.5)
        aside.replace(folder / "printer.json")
    return 3


def power_cut_in_mid_card(office: Office) -> int:
    """An IPP printer is off in the middle of a card, and has forgotten it when it comes back."""
    struck = 0
    with office.only_on_ipp() as machine:
        for _time in range(3):
            if machine.wait_for_a_card(seconds=HIT_SECONDS):
                time.sleep(office.chance.uniform(0.0, 0.3))
                machine.lose_power()
                struck += 1
                machine.come_back()
                _ask_how_they_are()
    return struck


def no_cards_in_the_machine(office: Office) -> int:
    """An IPP printer has no cards left in the middle of its work, says so, and waits for some."""
    with office.only_on_ipp() as machine:
        machine.out_of_media(True)
        limit = time.monotonic() + HIT_SECONDS
        while not patiently(lambda: _held(HoldReason.NO_BLANK, driver="ipp")) and time.monotonic() < limit:
            _ask_how_they_are()
            time.sleep(0.3)
        struck = patiently(lambda: _held(HoldReason.NO_BLANK, driver="ipp"))
        machine.out_of_media(False)
        while patiently(lambda: _held(HoldReason.NO_BLANK, driver="ipp")) and time.monotonic() < limit:
            _ask_how_they_are()
            time.sleep(0.3)
    return struck


def forgotten_cards(office: Office) -> int:
    """Cards have come out, whoever sent them has died, and the IPP printer remembers nothing of it."""
    mark = office.armed / "print.sent"
    struck = 0
    with office.only_on_ipp() as machine:
        for _time in range(2):
            mark.touch()
            limit = time.monotonic() + HIT_SECONDS
            while mark.exists() and time.monotonic() < limit:
                time.sleep(0.01)
            struck += _disarm([mark], office)
            machine.lose_power()
            machine.come_back()
    return 2 * struck


def _ask_how_they_are() -> None:
    with contextlib.suppress(RedisError, OSError):
        tasks.check_printers.delay()


def _held(reason: HoldReason, *, driver: str) -> int:
    return Printer.objects.filter(driver=driver, hold_reason=reason).count()


def _spoiled(office: Office) -> int:
    return sum(len(list(folder.glob("*.failed"))) for folder in office.folders)


# --- The clock --------------------------------------------------------------------------------


def jumping_clock(office: Office) -> int:
    """The clock of every process jumps past every lease, back before the beginning, and is right again."""
    jumps = (30.0, -20.0, 15.0, -5.0, 0.0)
    try:
        for wrong_by in jumps:
            office.set_the_clock(wrong_by=wrong_by)
            time.sleep(office.chance.uniform(0.5, 1.5))
    finally:
        office.set_the_clock(wrong_by=0.0)
    return len(jumps)


# --- Messages and rows ------------------------------------------------------------------------


def bells_again(office: Office) -> int:
    """Every message is delivered many times while the first copy runs."""
    printers = patiently(lambda: list(Printer.objects.filter(enabled=True).values_list("pk", flat=True)))
    rung = 0
    for _time in range(20):
        for bell in (
            tasks.authorize,
            tasks.submit_recordings,
            tasks.poll_recordings,
            tasks.report_attempts,
            tasks.sweep_claims,
            tasks.sweep_sending,
        ):
            bell.delay()
            rung += 1
        for printer in printers:
            tasks.print_cards.delay(printer)
            rung += 1
        time.sleep(office.chance.uniform(0.2, 0.6))
    return rung


def junk_in_the_queues(office: Office) -> int:
    """Messages that nobody can read lie between the bells."""
    for queue in WHO * 4:
        office.redis.lpush(queue, '{"body": "!", "headers": {}, "properties": {}}')
        office.redis.lpush(queue, uuid4().hex)
    return 2 * len(WHO) * 4


def a_row_nobody_can_read(office: Office) -> int:
    """One person's NIK cannot be deciphered: everybody else goes on, and then it is mended."""
    (number,) = office.bring_in(count=1)
    receipt = next(key for key, value in office.history.taken.items() if value == number)
    was = patiently(lambda: _poison(receipt))
    try:
        limit = time.monotonic() + 60
        while patiently(office.undone) > 1:
            assert time.monotonic() < limit, "one unreadable row holds everybody up"
            time.sleep(0.3)
    finally:
        patiently(lambda: Resident.objects.filter(requests__receipt=receipt).update(nik_sealed=was))
    return 1


def _poison(receipt: str) -> bytes:
    resident = Resident.objects.get(requests__receipt=receipt)
    was = bytes(resident.nik_sealed)
    Resident.objects.filter(pk=resident.pk).update(nik_sealed=was[:-1] + bytes([was[-1] ^ 1]))
    return was


def ask_the_web(office: Office) -> int:
    """Not a fault: what the web says while others die. Counts nothing."""
    with contextlib.suppress(httpx2.HTTPError):
        assert httpx2.get(f"http://{office.web}/healthz", timeout=5).status_code == 200
    return 0


# --- All of them ------------------------------------------------------------------------------


def catalogue(*, disk: Disk | None) -> list[Fault]:
    """Every kind, the crash points first."""
    points = [Fault("crash point", point, partial(die_at, point)) for point in POINTS]
    kills = [Fault("SIGKILL", name, partial(kill, (name,))) for name in (*WHO, "beat", "web")]
    network = [
        Fault("network", f"{label}: {word}", partial(spoil, which, **knobs))
        for which, label in (
            ("to_centre", "centre"),
            ("to_broker", "Valkey"),
            ("to_database", "PostgreSQL"),
        )
        for word, knobs in (
            ("slow", {"delay": 0.3}),
            ("cut in the answer", {"cut_after": 300}),
            ("black hole", {"black_hole": True}),
            ("half open", {"half_open": True}),
        )
    ]
    cuts = [
        Fault("network", f"{label}: reset", partial(cut, which))
        for which, label in (
            ("to_centre", "centre"),
            ("to_broker", "Valkey"),
            ("to_database", "PostgreSQL"),
        )
    ]
    centre = [
        Fault("centre", knob.replace("_", " "), partial(trouble_at_the_centre, knob), people=24)
        for knob in ("lost_answers", "resets", "half_bodies", "html_errors", "wrong_person")
    ]
    ipp = [
        Fault("IPP printer", name, strike, lack=ippeveprinter.lacking())
        for name, strike in (
            ("power cut in mid-card", power_cut_in_mid_card),
            ("no cards in the machine", no_cards_in_the_machine),
            ("forgets what it printed", forgotten_cards),
        )
    ]
    return [
        Fault("crash points", "all armed at once", die_everywhere, people=12),
        *points,
        *kills,
        Fault("SIGKILL", "any three at random", partial(kill, (*WHO, "beat", "web"), times=5)),
        Fault("SIGKILL", "everything at once", kill_all_at_once),
        Fault("SIGKILL", "beat, with a second one", two_beats),
        Fault("server", "PostgreSQL killed", kill_the_database),
        Fault("server", "a backend killed", kill_a_backend),
        Fault("server", "PostgreSQL restarted", restart_the_database),
        Fault("server", "PostgreSQL lost, and restored", fail_over),
        Fault(
            "server",
            "PostgreSQL's disk full",
            full_disk,
            people=24,
            lack="" if disk else "only root may mount a small disk",
        ),
        Fault("clock", "jumps", jumping_clock, people=12),
        Fault("server", "Valkey killed", kill_the_broker),
        Fault("server", "Valkey emptied", empty_the_broker),
        *network,
        *cuts,
        *centre,
        Fault("centre", "slow answers", slow_centre),
        Fault("centre", "dead, resetting", partial(dead_centre, silent=False)),
        Fault("centre", "dead, silent", partial(dead_centre, silent=True)),
        Fault("centre", "closed", closed_centre),
        Fault("centre", "killed", killed_centre),
        Fault("printer", "out of media, ribbon, jam", empty_printers),
        Fault("printer", "spoils every third", clumsy_printers, people=12),
        Fault("printer", "unreachable", vanished_printer),
        *ipp,
        Fault("message", "delivered again", bells_again),
        Fault("message", "unreadable", junk_in_the_queues),
        Fault("row", "unreadable person", a_row_nobody_can_read),
    ]
