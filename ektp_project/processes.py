"""Which processes make up one installation, and with which command line?

The one table: `make run`, docker-compose.yml and the house tests all hold to it.
"""

from __future__ import annotations

from dataclasses import dataclass

CENTRAL_CONCURRENCY = 32  # threads that wait for the centre: a call takes up to 30 s and next to no processor
PRINT_CONCURRENCY = 8  # threads that wait for printers
OFFICE_CONCURRENCY = 4  # pumps and sweeps: short, and few at a time
WEB_WORKER = "ektp_project.web_worker.WebWorker"
WEB_THREADS = 4  # an office has a handful of clerks; a request takes some 50 ms
WEB_SECONDS = 120  # the longest request: an import of 13,000 rows is checked in one


@dataclass(frozen=True, slots=True)
class WorkerGroup:
    """The workers of one queue; ``variable`` sets how many threads each of them has."""

    queue: str
    variable: str
    concurrency: int

    def command(self, concurrency: str) -> tuple[str, ...]:
        """The command line of one worker of this group, to be run by ``python -m``.

        Threads, because every task waits for the network or the database. No gossip and no mingle:
        workers here know of each other only through PostgreSQL.
        """
        return (
            *(
                "celery",
                "-q",
                "-A",
                "ektp_project",
                "worker",
                "-Q",
                self.queue,
                "-P",
                "threads",
                "-c",
                concurrency,
            ),
            *("-n", f"{self.queue}@%h", "--without-gossip", "--without-mingle"),
        )


WORKERS = (
    WorkerGroup("central", "CENTRAL_CONCURRENCY", CENTRAL_CONCURRENCY),
    WorkerGroup("printing", "PRINT_CONCURRENCY", PRINT_CONCURRENCY),
    WorkerGroup("office", "OFFICE_CONCURRENCY", OFFICE_CONCURRENCY),
)

BEAT = ("celery", "-q", "-A", "ektp_project", "beat")


def web(*, address: str) -> tuple[str, ...]:
    """The command line of the web server on ``host:port``.

    One process with threads: it shares one pool of connections and costs a third of the memory of
    four processes. Not preloaded, so that a restart of the child reads the code anew.
    """
    return (
        *("gunicorn", "ektp_project.wsgi", "--bind", address, "--workers", "1", "--worker-class", WEB_WORKER),
        *("--threads", str(WEB_THREADS), "--timeout", str(WEB_SECONDS), "--no-control-socket"),
        *("--logger-class", "ektp_project.web_log.WebLog"),
    )
