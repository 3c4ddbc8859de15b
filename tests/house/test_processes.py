"""Do `make run`, docker-compose.yml and the Dockerfile run the same processes, and all of them?"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from ektp_project import processes
from ektp_project.celery import app
from registry.services.backup import FOLDERS

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
WORKERS = {group.queue: group for group in processes.WORKERS}
OURS = {name: service for name, service in SERVICES.items() if service.get("image", "").startswith("ektp:")}


def queues() -> set[str]:
    """Where the messages of all our tasks go: to the queue they name, or by the routes."""
    app.autodiscover_tasks(force=True)
    ours = {name: task for name, task in app.tasks.items() if not name.startswith("celery.")}
    named = {name: getattr(task, "queue", None) for name, task in ours.items()}
    routed = [app.amqp.router.route({"queue": queue} if queue else {}, name) for name, queue in named.items()]
    return {route["queue"].name for route in routed}


class TestQueues:
    def test_every_task_has_a_worker_and_every_worker_a_task(self) -> None:
        assert queues() == set(WORKERS)


class TestCompose:
    @pytest.mark.parametrize("queue", WORKERS)
    def test_runs_each_worker_as_the_table_says(self, queue: str) -> None:
        group = WORKERS[queue]
        shell, _c, line = SERVICES[queue]["command"]

        default = re.sub(r"\$\$\{" + group.variable + r":-(\d+)\}", r"\1", line)

        assert shell == "sh"
        assert default.split() == ["exec", "python", "-m", *group.command(str(group.concurrency))]

    def test_runs_beat_as_the_table_says(self) -> None:
        assert SERVICES["beat"]["command"] == ["python", "-m", *processes.BEAT]

    def test_runs_the_web_as_the_image_does_and_the_image_as_the_table_says(self) -> None:
        dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")
        command = json.loads(dockerfile.rsplit("\nCMD ", 1)[1])

        assert command == ["python", "-m", *processes.web(address="0.0.0.0:8000")]
        assert "command" not in SERVICES["web"]

    def test_publishes_the_web_alone_and_only_to_this_machine(self) -> None:
        published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}

        assert published == {"web": ["127.0.0.1:${PORT:-8000}:8000"]}

    def test_starts_again_whatever_dies(self) -> None:
        policies = {name: service.get("restart") for name, service in SERVICES.items()}

        assert policies.pop("migrate") == "on-failure"
        assert policies.pop("backup") == "no"
        assert set(policies.values()) == {"unless-stopped"}

    def test_notices_whoever_lives_but_does_nothing(self) -> None:
        watched = {name for name, service in SERVICES.items() if "healthcheck" in service}

        assert watched == {*WORKERS, "beat", "web", "postgres", "redis"}
        for name in (*WORKERS, "beat"):
            assert f"python -m ektp_project.pulse {name} " in SERVICES[name]["healthcheck"]["test"][1]

    def test_keeps_every_folder_of_files_on_a_volume(self) -> None:
        """Their file system is read-only: what is nowhere mounted can be neither written nor kept."""
        folders = {
            Path(getattr(settings, setting)).relative_to(settings.VAR_DIR) for setting in FOLDERS.values()
        }

        for name in (*WORKERS, "web", "backup"):
            mounted = {volume.partition(":")[2] for volume in SERVICES[name]["volumes"]}
            assert {f"/var/lib/ektp/{folder}" for folder in folders} <= mounted

    def test_backs_up_with_the_programs_of_its_servers_version(self) -> None:
        server = re.match(r"postgres:(\d+)", SERVICES["postgres"]["image"])
        client = re.search(r"postgresql-client-(\d+)", (ROOT / "Dockerfile").read_text(encoding="utf-8"))

        assert server is not None
        assert client is not None
        assert server[1] == client[1]

    @pytest.mark.parametrize("name", OURS)
    def test_gives_a_captured_process_nothing_to_work_with(self, name: str) -> None:
        service = SERVICES[name]

        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert not service.keys() & {"privileged", "cap_add", "user", "network_mode", "pid"}

    def test_waits_for_the_tables(self) -> None:
        for name in (*WORKERS, "beat", "web"):
            waits = SERVICES[name]["depends_on"]
            assert waits["migrate"] == {"condition": "service_completed_successfully"}

    def test_keeps_what_the_broker_was_given(self) -> None:
        command = SERVICES["redis"]["command"]

        assert command[command.index("--appendonly") + 1] == "yes"

    def test_takes_every_secret_from_a_file_that_is_not_in_git(self) -> None:
        ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
        used = {name for service in SERVICES.values() for name in service.get("secrets", [])}

        assert used == set(COMPOSE["secrets"])
        assert {secret["file"].split("/")[0] for secret in COMPOSE["secrets"].values()} == {".secrets"}
        assert ".secrets/" in ignored


class TestImage:
    def test_does_not_run_as_root(self) -> None:
        lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()

        assert "USER ektp" in lines

    def test_installs_what_the_lock_names_and_nothing_else(self) -> None:
        text = (ROOT / "Dockerfile").read_text(encoding="utf-8")

        installs = re.findall(r"pip install (.*)", text)

        assert installs == ["--require-hashes --only-binary :all: -r /tmp/requirements.txt"]
