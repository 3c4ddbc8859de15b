"""Do the embedded services and the start hold against what a machine may bring?"""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from redis import Redis

from ektp_project.embedded import ground, postgres, services_file, temporary, valkey
from ektp_project.embedded.child import start
from ektp_project.embedded.trouble import Trouble
from tests.integration.ektp_project.test_supervisor import PATIENCE, eventually

ROOT = os.geteuid() == 0


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder whose path has spaces and is too long for a socket.

    Not below pytest's own: every session closes that to other users, PostgreSQL's among them.
    """
    with temporary.folder() as folder:
        place = folder / "kantor dinas" / ("x" * 120)
        place.mkdir(parents=True)
        yield place
    for process in psutil.process_iter(["name", "cmdline"]):
        if process.info["name"] == "postgres" and str(place) in " ".join(process.info["cmdline"] or []):
            process.kill()


class TestPostgres:
    def test_serves_from_a_long_path_with_spaces(self, place: Path) -> None:
        with temporary.postgres_server(place / "postgres", durable=True) as url, psycopg.connect(url) as db:
            row = db.execute(
                "SELECT current_setting('fsync'), current_setting('listen_addresses')"
            ).fetchone()

        assert row == ("on", "")

    def test_keeps_its_data_for_the_next_start(self, place: Path) -> None:
        with temporary.postgres_server(place / "postgres", durable=True) as url, psycopg.connect(url) as db:
            db.execute("CREATE TABLE kept AS SELECT 1 AS number")

        with temporary.postgres_server(place / "postgres", durable=True) as url, psycopg.connect(url) as db:
            assert db.execute("SELECT number FROM kept").fetchone() == (1,)

    def test_ends_a_server_that_an_earlier_run_left(self, place: Path) -> None:
        leftover = postgres.prepare(folder=place / "postgres", say=print)
        process = start(leftover.spec)
        eventually(leftover.ready)

        with temporary.postgres_server(place / "postgres", durable=True) as url, psycopg.connect(url) as db:
            assert db.execute("SELECT 1").fetchone() == (1,)

        assert process.wait(PATIENCE) == 0
        assert process.stdout is not None
        process.stdout.close()
        assert not leftover.sockets.exists()

    def test_is_not_misled_by_the_mark_of_a_dead_server(self, place: Path) -> None:
        """After a restart of the machine the number in the mark belongs to somebody else."""
        with temporary.postgres_server(place / "postgres", durable=True):
            pass
        mark = place / "postgres" / "postmaster.pid"
        mark.write_text(f"{os.getpid()}\n{place / 'postgres'}\n0\n5432\n/nowhere\n", encoding="utf-8")

        with temporary.postgres_server(place / "postgres", durable=True) as url, psycopg.connect(url) as db:
            assert db.execute("SELECT 1").fetchone() == (1,)

    def test_starts_anew_where_the_first_start_was_interrupted(self, place: Path) -> None:
        (place / "postgres" / "base").mkdir(parents=True)

        with temporary.postgres_server(place / "postgres", durable=True) as url, psycopg.connect(url) as db:
            assert db.execute("SELECT 1").fetchone() == (1,)

    def test_refuses_the_data_of_another_version(self, place: Path) -> None:
        (place / "postgres").mkdir()
        (place / "postgres" / "PG_VERSION").write_text("15\n", encoding="ascii")

        with pytest.raises(Trouble, match=r"was made by PostgreSQL 15, but version \d+ is installed"):
            postgres.prepare(folder=place / "postgres", say=print)

    @pytest.mark.skipif(not ROOT, reason="only root has folders that PostgreSQL's user cannot enter")
    def test_gets_the_right_to_pass_through_a_closed_folder_and_no_more(self, place: Path) -> None:
        place.chmod(0o700)
        said: list[str] = []

        postgres.prepare(folder=place / "postgres", say=said.append).forget_sockets()

        assert stat.S_IMODE(place.stat().st_mode) == 0o701
        assert "its user embedded_postgres may now pass through" in said[0]
        assert str(place) in said[0]

    def test_lets_nobody_else_reach_its_socket(self, place: Path) -> None:
        server = postgres.prepare(folder=place / "postgres", say=print)

        assert stat.S_IMODE(server.sockets.stat().st_mode) == 0o700
        server.forget_sockets()


class TestValkey:
    def test_keeps_its_journal_for_the_next_start(self, place: Path) -> None:
        with temporary.valkey_server(place / "valkey", durable=True) as url, Redis.from_url(url) as client:
            client.set("kept", "1")

        with temporary.valkey_server(place / "valkey", durable=True) as url, Redis.from_url(url) as client:
            assert client.get("kept") == b"1"

    def test_shows_its_password_to_nobody(self, place: Path) -> None:
        server = valkey.prepare(folder=place / "valkey")

        assert server.password not in " ".join(server.spec.command)
        assert server.password not in repr(server)
        assert stat.S_IMODE((place / "valkey" / "valkey.conf").stat().st_mode) == 0o600


class TestGround:
    def test_is_held_by_one_run_at_a_time(self, tmp_path: Path) -> None:
        with ground.claim(tmp_path), pytest.raises(Trouble, match=f"already running.*process {os.getpid()}"):
            ground.claim(tmp_path)

        ground.claim(tmp_path).close()

    def test_says_which_port_is_taken(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            with pytest.raises(Trouble, match=f"Port {port} is taken by another program"):
                ground.check_port(port)

    def test_says_how_much_space_is_missing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ground, "SPACE_NEEDED", 2**80)

        with pytest.raises(Trouble, match=r"MB free; \d+ MB are needed"):
            ground.check_space(tmp_path)


class TestServicesFile:
    def test_is_for_its_owner_alone(self, tmp_path: Path) -> None:
        services_file.write(folder=tmp_path, values={"REDIS_URL": "redis://:secret@127.0.0.1:1/0"})

        file = tmp_path / "services.env"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert file.read_text(encoding="utf-8") == "REDIS_URL=redis://:secret@127.0.0.1:1/0\n"


def make_run(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """`make run` that is expected to end by itself."""
    return subprocess.run(
        [sys.executable, "-m", "ektp_project.embedded"],
        env={**os.environ, "VAR_DIR": str(folder), "PORT": "0", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


class TestTrouble:
    """Expected trouble is a sentence and exit status 1, before anything was started or broken."""

    def test_of_a_port_that_is_no_number(self, tmp_path: Path) -> None:
        done = make_run(tmp_path, PORT="acht")

        assert (done.returncode, done.stderr.count("\n")) == (1, 1)
        assert "PORT is 'acht'" in done.stderr

    def test_of_a_port_that_is_taken(self, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = str(other.getsockname()[1])
            done = make_run(tmp_path, PORT=port)

        assert (done.returncode, done.stderr.count("\n")) == (1, 1)
        assert f"Port {port} is taken" in done.stderr
        assert not (tmp_path / "postgres").exists()

    def test_of_a_second_start_in_the_same_folder(self, tmp_path: Path) -> None:
        with ground.claim(tmp_path):
            done = make_run(tmp_path)

        assert (done.returncode, done.stderr.count("\n")) == (1, 1)
        assert "already running from this folder" in done.stderr

    def test_of_a_folder_that_cannot_be(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")

        done = make_run(tmp_path / "file" / "var")

        assert (done.returncode, done.stderr.count("\n")) == (1, 1)
        assert "cannot be written" in done.stderr

    def test_of_a_database_of_another_version(self, tmp_path: Path) -> None:
        (tmp_path / "postgres").mkdir()
        (tmp_path / "postgres" / "PG_VERSION").write_text("15\n", encoding="ascii")

        done = make_run(tmp_path, DATABASE_URL="")

        assert (done.returncode, done.stderr.count("\n")) == (1, 1)
        assert "was made by PostgreSQL 15" in done.stderr


def test_a_child_dies_with_its_parent_by_the_signal_it_likes() -> None:
    """PostgreSQL must get its own kind of stop, also when the supervisor is killed."""
    spec = postgres.Postgres(folder=Path(), sockets=Path(), owner=None, durable=True).spec

    assert spec.stop_signal == signal.SIGINT
