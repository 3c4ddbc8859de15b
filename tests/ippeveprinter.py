"""How do tests get a real IPP printer? ``ippeveprinter`` of cups-ipp-utils, and the buses it insists on."""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import IO, NoReturn

import pytest

from printing.printers.base import PrinterUnavailable
from printing.printers.ipp import IppPrinter

NEEDED = ("ippeveprinter", "dbus-daemon", "avahi-daemon")
PACKAGES = "cups-ipp-utils dbus avahi-daemon"
SYSTEM_BUS = Path("/run/dbus/system_bus_socket")
START_SECONDS = 20.0  # on a machine that is busy with a whole test run
STOP_SECONDS = 5.0
LOOK_SECONDS = 0.05
AT_ONCE = "/bin/true"  # the print command of a printer that needs no time; without one each job takes 5–15 s

# What a card printer says of itself; every length in hundredths of a millimetre.
CARD_PRINTER = """
ATTR collection media-size-supported { MEMBER integer x-dimension 8560 MEMBER integer y-dimension 5398 }
ATTR keyword media-col-supported "media-size"
ATTR keyword media-supported "iso_id-1_53.98x85.6mm"
ATTR keyword media-default "iso_id-1_53.98x85.6mm"
ATTR keyword print-scaling-supported "none"
ATTR keyword sides-supported "one-sided","two-sided-long-edge"
ATTR keyword sides-default "one-sided"
ATTR mimeMediaType document-format-supported "application/pdf"
ATTR mimeMediaType document-format-default "application/pdf"
"""


def start_ippeveprinter(
    spool_dir: Path, name: str, command: str | None = None, port: int | None = None
) -> tuple[str, subprocess.Popen[bytes]]:
    """A printer that keeps what it prints in ``spool_dir``; returns its address and its process.

    ``command`` is a program that is run for each job with the document's path; what it writes to
    standard error (``STATE: +media-empty``) the printer says of itself. The caller ends the process.
    """
    require_ippeveprinter()
    _start_buses()
    spool_dir.mkdir(parents=True, exist_ok=True)
    port = port or _free_port()
    address = f"ipp://localhost:{port}/ipp/print"
    attributes, log = spool_dir / "printer.conf", spool_dir / "printer.log"
    attributes.write_text(CARD_PRINTER)
    process = _start(
        ["ippeveprinter", "-p", str(port), "-r", "off", "-a", str(attributes)],
        ["-k", "-d", str(spool_dir), "-c", command or AT_ONCE, "-v", name],
        log=log,
    )
    _wait_for(address, process, log=log)
    return address, process


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a printer, whatever it is doing."""
    process.kill()
    process.wait(timeout=STOP_SECONDS)


def require_ippeveprinter() -> None:
    """Skip the test where the programs are missing; on a build machine that is a failure."""
    if lack := lacking():
        _unavailable(lack)


def lacking() -> str:
    """Which programs are missing, and what brings them; empty where all are there."""
    missing = [program for program in NEEDED if _program(program) is None]
    return f"{', '.join(missing)} missing: apt-get install {PACKAGES}" if missing else ""


def _unavailable(reason: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def _program(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")


def _start(command: Sequence[str], more: Sequence[str] = (), *, log: Path) -> subprocess.Popen[bytes]:
    program = _program(command[0])
    assert program is not None
    with log.open("ab") as output:
        return subprocess.Popen(
            [program, *command[1:], *more],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(address: str, process: subprocess.Popen[bytes], *, log: Path) -> None:
    with closing(IppPrinter(address=address)) as printer:
        _wait_until_answers(printer, process, log=log)


def _wait_until_answers(printer: IppPrinter, process: subprocess.Popen[bytes], *, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            printer.condition()
            return
        except PrinterUnavailable:
            if process.poll() is not None or time.monotonic() > deadline:
                stop(process)
                pytest.fail(f"ippeveprinter did not start: {log.read_text(errors='replace')[-2000:]}")
            time.sleep(LOOK_SECONDS)


# --- The buses --------------------------------------------------------------------------------


def _start_buses() -> None:
    """ippeveprinter ends at once without Avahi, and Avahi without D-Bus. What runs already is used.

    Several test processes may need them: each holds a shared lock while it lives, and the last to
    leave ends what tests have started.
    """
    with _starting.open("a") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        _join()
        SYSTEM_BUS.parent.mkdir(parents=True, exist_ok=True)
        _ensure(["dbus-daemon", "--system", "--nofork", "--nopidfile"], runs=_dbus_runs)
        _ensure(["avahi-daemon", "--no-rlimits"], runs=_avahi_runs)


_room = Path(tempfile.gettempdir())
_starting, _users, _started = (
    _room / f"ektp-test-buses-{os.getuid()}.{end}" for end in ("lock", "users", "pids")
)
_membership: list[IO[str]] = []
_buses: list[subprocess.Popen[bytes]] = []


def _join() -> None:
    if not _membership:
        _membership.append(_users.open("a"))
        fcntl.flock(_membership[0], fcntl.LOCK_SH)
        atexit.register(_leave)


def _leave() -> None:
    with _starting.open("a") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        try:
            fcntl.flock(_membership[0], fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # somebody else still prints
        for line in reversed(_started.read_text().splitlines() if _started.exists() else []):
            pid, name = line.split()
            if Path(f"/proc/{pid}/comm").exists() and Path(f"/proc/{pid}/comm").read_text().strip() == name:
                os.kill(int(pid), signal.SIGTERM)
        _started.unlink(missing_ok=True)


def _ensure(command: Sequence[str], *, runs: Callable[[], bool]) -> None:
    if runs():
        return
    log = _room / f"ektp-test-{command[0]}.log"
    process = _start(command, log=log)
    _buses.append(process)
    with _started.open("a") as started:
        started.write(f"{process.pid} {command[0]}\n")
    deadline = time.monotonic() + START_SECONDS
    while not runs():
        if process.poll() is not None or time.monotonic() > deadline:
            _unavailable(
                f"{command[0]} does not start (it may need root): {log.read_text(errors='replace')[-500:]}"
            )
        time.sleep(LOOK_SECONDS)


def _dbus_runs() -> bool:
    with socket.socket(socket.AF_UNIX) as bus:
        return bus.connect_ex(str(SYSTEM_BUS)) == 0


def _avahi_runs() -> bool:
    program = _program("avahi-daemon")
    assert program is not None
    return subprocess.run([program, "--check"], check=False, capture_output=True).returncode == 0
