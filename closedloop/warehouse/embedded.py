"""The embedded server: PostgreSQL in the project's own folder, for one machine and no administrator.

What it promises, each with a test of that name in ``tests/warehouse``:

* One server per home, whoever starts it and how often at once; reused only after it has answered ``select 1`` with our
  password and shown our data folder.
* No TCP, no trust: a socket in a folder of mode 0700 and a random password per role.
* No folder that is not ours is created, opened or relied upon.
* It outlives the death of who started it; the next start reuses it, or clears away what is left of it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from closedloop.settings import Settings, get_settings
from closedloop.warehouse import data_folder, postmaster, secret_files, socket_folder
from closedloop.warehouse.addresses import ROLES, embedded_url
from closedloop.warehouse.binaries import MAJOR, programs
from closedloop.warehouse.connections import dispose_engines
from closedloop.warehouse.errors import WarehouseError, WarehouseUnavailable
from closedloop.warehouse.service_user import ServiceUser, child_options, refuse_closed_parents, service_user

Progress = Callable[[str], None]
_START_SECONDS = 120
_STOP_SECONDS = 60


@dataclass(frozen=True)
class Status:
    """What is known of the embedded server. ``pid`` is None when it does not run."""

    home: Path
    exists: bool
    pid: int | None
    answers: bool
    version: str | None
    sockets: Path | None


def quiet(_: str) -> None:
    """Progress told to nobody."""


def start(settings: Settings | None = None, progress: Progress = quiet) -> bool:
    """Have the server running and its roles and database in place; True when this call started it.

    Waits while another process starts or stops the same server. Raises WarehouseError with the end of the server's
    log when it does not come up.
    """
    settings = settings or get_settings()
    user = service_user(settings)
    _prepare_home(settings, user)
    with _exclusively(settings):
        return _start(settings, user, progress)


def _start(settings: Settings, user: ServiceUser | None, progress: Progress) -> bool:
    folder = data_folder.data_folder(settings)
    if _living_server_answers(settings, folder):
        _ensure_database(settings)
        return False
    bin_folder = programs(settings, user)
    if not data_folder.exists(settings):
        if folder.exists():
            raise WarehouseError(
                f"{folder} exists and is not a data folder of PostgreSQL; move it away, or set CLOSEDLOOP_HOME"
            )
        progress(f"making the embedded warehouse in {settings.home}")
        data_folder.initialise(settings, bin_folder, user)
    if data_folder.made_by(settings) != MAJOR:
        raise WarehouseError(
            f"{folder} was made by PostgreSQL {data_folder.made_by(settings)}, and this release carries {MAJOR}; "
            "run: python -m closedloop reset, then load the exports again"
        )
    _clear_away(folder, progress)
    sockets = socket_folder.socket_folder(settings)
    socket_folder.prepare(sockets, user)
    data_folder.configure(settings, sockets, user)
    progress("starting the embedded PostgreSQL")
    _launch(settings, bin_folder, user)
    _ensure_roles(settings)
    _ensure_database(settings)
    return True


def _prepare_home(settings: Settings, user: ServiceUser | None) -> None:
    """Make home: ours alone or, as root, one the server's user may pass through and not list."""
    home = settings.home
    refuse_closed_parents(_first_missing(home), user)
    try:
        home.mkdir(mode=0o700, parents=True)
    except FileExistsError:
        pass
    except OSError as error:
        raise WarehouseError(
            f"the warehouse's folder {home} cannot be made ({error.strerror}); set CLOSEDLOOP_HOME to one that can"
        ) from error
    else:
        if user is not None:
            home.chmod(0o711)
    refuse_closed_parents(home / "postgres", user)
    if not os.access(home, os.W_OK | os.X_OK):
        raise WarehouseError(
            f"the warehouse's folder {home} belongs to somebody else; set CLOSEDLOOP_HOME to your own"
        )
    for role in ("admin", *ROLES):
        secret_files.read_or_create(settings, role)


def _first_missing(path: Path) -> Path:
    while not path.parent.exists():
        path = path.parent
    return path


@contextmanager
def _exclusively(settings: Settings) -> Iterator[None]:
    """Hold ``home/server.lock``: the kernel gives it back when the holder dies, however it dies."""
    descriptor = os.open(settings.home / "server.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def admin_connection(settings: Settings, database: str = "postgres") -> psycopg.Connection:
    """A connection as the cluster's superuser, in autocommit: for roles and databases, never for data."""
    url = embedded_url(settings, data_folder.ADMIN, "admin", database)
    return psycopg.connect(url, autocommit=True, connect_timeout=5, application_name="closedloop server")


def _answers(settings: Settings) -> bool:
    """True when the server at our socket knows our password and stands in our data folder."""
    try:
        with admin_connection(settings) as connection:
            row = connection.execute("select 1, current_setting('data_directory')").fetchone()
    except (psycopg.Error, WarehouseUnavailable):
        return False
    return row is not None and row[0] == 1 and Path(row[1]) == data_folder.data_folder(settings)


def _living_server_answers(settings: Settings, folder: Path) -> bool:
    """Reuse a server that answers; give one that is starting or recovering time to; False when there is none."""
    deadline = time.monotonic() + _START_SECONDS
    while (found := postmaster.find(folder)) is not None:
        if _answers(settings):
            return True
        # A living server whose socket is gone (a tidied temp folder) can never answer: it is replaced.
        gone = not (
            found.sockets / socket_folder.SOCKET_NAME
        ).exists() or found.sockets != socket_folder.socket_folder(settings)
        if (gone and _is_ready(folder)) or time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return False


def _is_ready(folder: Path) -> bool:
    try:
        return (folder / "postmaster.pid").read_text().splitlines()[7].strip() == "ready"
    except (OSError, IndexError):
        return False


def _clear_away(folder: Path, progress: Progress) -> None:
    """End what is left of an earlier server of this folder, and forget its pid."""
    found = postmaster.find(folder)
    if found is not None:
        progress(f"replacing a server that does not answer (process {found.pid})")
        _end(found.pid)
    left = postmaster.survivors(folder)
    if left:
        progress("waiting for the remains of a killed server")
        _, alive = psutil.wait_procs(left, timeout=10)
        for process in alive:
            process.send_signal(signal.SIGQUIT)
        psutil.wait_procs(alive, timeout=10)
    postmaster.forget_stale(folder)


def _launch(settings: Settings, bin_folder: Path, user: ServiceUser | None) -> None:
    folder = data_folder.data_folder(settings)
    log = folder / "server.log"
    if log.exists() and log.stat().st_size > 16 * 2**20:
        log.replace(folder / "server.log.1")
    seen = log.stat().st_size if log.exists() else 0
    done = subprocess.run(
        [bin_folder / "pg_ctl", "start", "-D", folder, "-l", log, "-w", "-t", str(_START_SECONDS)],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        **child_options(user),
    )
    if done.returncode == 0 and _answers(settings):
        return
    told = ""
    if log.exists():
        with log.open("rb") as file:
            file.seek(seen)
            told = file.read().decode(errors="replace").strip()
    raise WarehouseError(
        f"the embedded PostgreSQL did not start in {folder}; the end of its log {log} says:\n"
        + "\n".join(told.splitlines()[-8:])
    )


def _ensure_roles(settings: Settings) -> None:
    """The three roles, with the passwords of the secret files and the manners that ``roles`` demands of a server's."""
    with admin_connection(settings) as connection:
        known = {name for (name,) in connection.execute("select rolname from pg_roles")}
        for role in ROLES:
            name = sql.Identifier(f"closedloop_{role}")
            if f"closedloop_{role}" not in known:
                connection.execute(sql.SQL("create role {}").format(name))
            connection.execute(
                sql.SQL(
                    "alter role {} login nosuperuser nocreatedb nocreaterole nobypassrls noreplication password {}"
                ).format(name, sql.Literal(secret_files.read(settings, role)))
            )
            connection.execute(sql.SQL("alter role {} set timezone = 'UTC'").format(name))
        connection.execute("alter role closedloop_reader set default_transaction_read_only = on")


def _ensure_database(settings: Settings) -> None:
    with admin_connection(settings) as connection:
        found = connection.execute(
            "select 1 from pg_database where datname = %s", [settings.database]
        ).fetchone()
        if found is None:
            connection.execute(
                sql.SQL("create database {} owner closedloop_owner").format(sql.Identifier(settings.database))
            )


def stop(settings: Settings | None = None) -> bool:
    """Stop the server, ending what its clients are doing (their transactions roll back); True when one ran."""
    settings = settings or get_settings()
    if not data_folder.exists(settings):
        return False
    dispose_engines()
    with _exclusively(settings):
        return _stop(settings)


def _stop(settings: Settings) -> bool:
    found = postmaster.find(data_folder.data_folder(settings))
    if found is None:
        return False
    _end(found.pid)
    postmaster.forget_stale(data_folder.data_folder(settings))
    shutil.rmtree(socket_folder.socket_folder(settings), ignore_errors=True)
    return True


def _end(pid: int) -> None:
    """Fast shutdown, then an immediate one: the log replays at the next start, nothing committed is lost."""
    try:
        process = psutil.Process(pid)
        for how, seconds in ((signal.SIGINT, _STOP_SECONDS), (signal.SIGQUIT, 10), (signal.SIGKILL, 10)):
            process.send_signal(how)
            if _gone(process, seconds):
                return
    except psutil.NoSuchProcess:
        return
    raise WarehouseError(f"the embedded PostgreSQL (process {pid}) does not end; end it by hand: kill {pid}")


def _gone(process: psutil.Process, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        # In a container whose first process reaps nobody, an ended server stays as a zombie.
        if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


@contextmanager
def in_use(settings: Settings | None = None, progress: Progress = quiet, *, stop_at_end: bool | None = None):
    """Have the server running inside the block.

    At the end it is stopped if this block started it (or always, or never: ``stop_at_end``), unless another process
    is inside such a block too: the last one out stops it.
    """
    settings = settings or get_settings()
    _prepare_home(settings, service_user(settings))
    users = os.open(settings.home / "server.users", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        with _exclusively(settings):
            started = _start(settings, service_user(settings), progress)
            fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield started
        finally:
            dispose_engines()
            if started if stop_at_end is None else stop_at_end:
                with _exclusively(settings):
                    # Trading the shared lock for the whole one fails while anybody else holds a share.
                    try:
                        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    except BlockingIOError:
                        pass
                    else:
                        _stop(settings)
    finally:
        os.close(users)


def has_other_users(settings: Settings | None = None) -> bool:
    """True while some process is inside :func:`in_use`."""
    settings = settings or get_settings()
    path = settings.home / "server.users"
    if not path.exists():
        return False
    descriptor = os.open(path, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def status(settings: Settings | None = None) -> Status:
    """What is there and what runs. Starts nothing, waits for nothing."""
    settings = settings or get_settings()
    folder = data_folder.data_folder(settings)
    found = postmaster.find(folder) if data_folder.exists(settings) else None
    version = None
    if found is not None:
        try:
            with admin_connection(settings) as connection:
                row = connection.execute("show server_version").fetchone()
                version = row[0] if row else None
        except psycopg.Error:
            pass
    return Status(
        home=settings.home,
        exists=data_folder.exists(settings),
        pid=found.pid if found else None,
        answers=version is not None,
        version=version,
        sockets=found.sockets if found else None,
    )


def remove(settings: Settings | None = None) -> bool:
    """Stop the server and delete its data for ever; True when there was any. Secrets stay, so pseudonyms keep."""
    settings = settings or get_settings()
    if not settings.home.exists():
        return False
    dispose_engines()
    with _exclusively(settings):
        _stop(settings)
        if not data_folder.exists(settings):
            return False
        # Renamed first: a removal that is interrupted leaves no half of a warehouse behind.
        doomed = settings.home / ".postgres.removed"
        shutil.rmtree(doomed, ignore_errors=True)
        data_folder.data_folder(settings).rename(doomed)
        shutil.rmtree(doomed)
        return True
