"""How is everything brought up, in which order, and said to the person who typed `make run`?"""

from __future__ import annotations

import errno
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable

from ektp_project import processes
from ektp_project.embedded import ground, postgres, services_file, valkey, wishes
from ektp_project.embedded.child import STOP_SECONDS, Spec
from ektp_project.embedded.leftovers import Roll
from ektp_project.embedded.output import Console
from ektp_project.embedded.supervisor import Supervisor
from ektp_project.embedded.trouble import Stopped, Trouble, disk_is_full
from ektp_project.embedded.watchdog import Watchdog
from ektp_project.embedded.welcome import welcome
from ektp_project.embedded.wishes import BASE_DIR, Wishes

SERVICE_SECONDS = 60.0  # a database that was killed reads its journal first
WEB_SECONDS = 120.0  # a cold start on one busy core
HEALTH_SECONDS = 0.5  # meanwhile nobody reads what the processes say
WORKER_STOP_SECONDS = 45.0  # a loop hands over after 20 s, a call to the centre ends after 35 s
WATCH_SECONDS = 15.0
# Celery warns of root in ten lines per worker. The demo may be tried as root; an office's image is not root.
ROOT_WARNING = "ignore:You're running the worker with superuser privileges"


class System:
    """Everything that runs between `make run` and Ctrl-C."""

    def __init__(self, wished: Wishes, console: Console, roll: Roll) -> None:
        self.wished = wished
        self.console = console
        self.supervisor = Supervisor(console=console, roll=roll)
        self.postgres: postgres.Postgres | None = None
        self.environment: dict[str, str] = {}
        self._awaited: list[tuple[str, Callable[[], bool]]] = []

    def start(self) -> None:
        """Services, tables, people, processes, one after the other. Raises Trouble or Stopped."""
        began = time.monotonic()
        self.console.say(f"Starting in {self.wished.folder} ...")
        services_file.remove(folder=self.wished.folder)
        values = {"EKTP_DEMO": "1", "STATIC_MANIFEST": "0", **self.wished.passed_on(), **self._services()}
        self.environment = {**self.wished.environment, **values, "VAR_DIR": str(self.wished.folder)}
        self.environment["PYTHONUNBUFFERED"] = "1"  # a line is shown when it is said
        self.environment.setdefault("PYTHONWARNINGS", ROOT_WARNING)
        services_file.write(folder=self.wished.folder, values=values)
        self._prepare()
        self._processes()
        self.console.say(welcome(wished=self.wished, central_url=values["CENTRAL_URL"]))
        self.console.say(f"Up after {time.monotonic() - began:.0f} s.")

    def run(self) -> None:
        """Until somebody asks to stop."""
        watchdog = Watchdog(self.supervisor, database_url=self.environment["DATABASE_URL"])
        self.supervisor.every(WATCH_SECONDS, watchdog.look)
        self.supervisor.watch()

    def stop(self) -> None:
        """Those that make work first, then those that do it, then the services they need."""
        if self.supervisor.asked_to_stop:
            self.console.say("Stopping; work in hand is finished first. Ctrl-C again does not wait for it.")
        services_file.remove(folder=self.wished.folder)
        self.supervisor.stop()
        if self.postgres is not None:
            self.postgres.forget_sockets()

    # --- Services -----------------------------------------------------------------------------

    def _services(self) -> dict[str, str]:
        """Start what is not given, all at once, then wait for each; the addresses of all."""
        database_url = self.wished.database_url or self._start_postgres()
        redis_url = self.wished.redis_url or self._start_valkey()
        central_url = self.wished.central_url or self._start_simulator()
        for name, ready in self._awaited:
            self.supervisor.wait_until(ready, name=name, seconds=SERVICE_SECONDS)
        return {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "CENTRAL_URL": central_url}

    def _await(self, spec: Spec, ready: Callable[[], bool]) -> None:
        self.supervisor.add(spec)
        self._awaited.append((spec.name, ready))

    def _start_postgres(self) -> str:
        self.postgres = postgres.prepare(folder=self.wished.folder / "postgres", say=self.console.say)
        self._await(self.postgres.spec, self.postgres.ready)
        return self.postgres.url

    def _start_valkey(self) -> str:
        server = valkey.prepare(folder=self.wished.folder / "valkey")
        self._await(server.spec, server.ready)
        return server.url

    def _start_simulator(self) -> str:
        """The port is chosen here, so that a simulator that is started again is found again."""
        port = ground.free_port()
        ready_file = self.wished.folder / "simulator.ready"
        ready_file.unlink(missing_ok=True)
        state = self.wished.folder / "simulator.sqlite"
        command = ("registry.central.simulator", "--port", str(port), "--state", str(state))
        environment = {**self.wished.environment, "PYTHONUNBUFFERED": "1"}
        spec = _python(
            "simulator", *command, "--ready-file", str(ready_file), environment=environment, stop_order=5
        )
        self._await(spec, ready_file.exists)
        return f"http://{ground.HOST}:{port}"

    # --- Tables, people, processes ------------------------------------------------------------

    def _prepare(self) -> None:
        command = ("ektp_project.embedded.prepare",)
        self.supervisor.run_to_end(_python("prepare", *command, environment=self.environment, stop_order=0))

    def _processes(self) -> None:
        for group in processes.WORKERS:
            concurrency = self.environment.get(group.variable) or str(group.concurrency)
            self.supervisor.add(
                _python(
                    group.queue,
                    *group.command(concurrency),
                    environment=self.environment,
                    stop_order=2,
                    hurry_signal=signal.SIGQUIT,  # Celery's cold shutdown
                    stop_seconds=WORKER_STOP_SECONDS,
                )
            )
        address = f"{ground.HOST}:{self.wished.port}"
        self.supervisor.add(_python("beat", *processes.BEAT, environment=self.environment, stop_order=1))
        self.supervisor.add(
            _python("web", *processes.web(address=address), environment=self.environment, stop_order=1)
        )
        self.supervisor.wait_until(lambda: _answers(address), name="web", seconds=WEB_SECONDS)


def _python(
    name: str,
    *command: str,
    environment: dict[str, str],
    stop_order: int,
    hurry_signal: signal.Signals = signal.SIGTERM,
    stop_seconds: float = STOP_SECONDS,
) -> Spec:
    """A module of this environment as a process; by ``-m``, since scripts do not survive a moved folder."""
    return Spec(
        name=name,
        command=(sys.executable, "-m", *command),
        environment=environment,
        folder=BASE_DIR,
        stop_order=stop_order,
        hurry_signal=hurry_signal,
        stop_seconds=stop_seconds,
    )


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://{address}/healthz", timeout=HEALTH_SECONDS) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def run(environment: dict[str, str]) -> None:
    """From nothing to running to nothing. Raises Trouble."""
    wished = wishes.read(environment)
    lock = ground.claim(wished.folder)
    console = Console(folder=wished.folder / "log")
    console.folder.mkdir(exist_ok=True, mode=0o700)
    roll = Roll(wished.folder / "processes.json")
    for name in roll.end_leftovers():
        console.say(f"{name} was left over from an earlier run and has been ended.")
    ground.check_space(wished.folder)
    ground.check_port(wished.port)
    system = System(wished, console, roll)
    try:
        system.start()
        system.run()
    except Stopped:
        pass
    finally:
        system.stop()
        lock.close()
    console.say(f"Stopped. The data stay in {wished.folder}.")
    console.close()


def main() -> int:
    """The exit status. Expected trouble is a sentence, never a traceback."""
    try:
        run(dict(os.environ))
    except Trouble as trouble:
        print(f"make run: {trouble}", file=sys.stderr)
        return 1
    except PermissionError as error:
        advice = "Run as that user, or name another folder: VAR_DIR=… make run"
        print(f"make run: {error.filename} belongs to somebody else. {advice}", file=sys.stderr)
        return 1
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        print(f"make run: {disk_is_full()}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
