"""The embedded server is for the person who runs it: no network, no trust, no folder that is not ours."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
from pathlib import Path

import psutil
import psycopg
import pytest

from closedloop import warehouse
from closedloop.settings import Settings
from closedloop.warehouse import (
    WarehouseError,
    WarehouseUnavailable,
    administration,
    binaries,
    data_folder,
    embedded,
    secret_files,
    socket_folder,
)
from closedloop.warehouse.service_user import service_user
from tests.homes import Home
from tests.servers import FAST, open_folder


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_nobody_listens_on_the_network(home: Home) -> None:
    embedded.start(home.settings)
    pid = embedded.status(home.settings).pid
    assert pid is not None
    assert psutil.Process(pid).net_connections("inet") == []
    for helper in psutil.Process(pid).children():
        with contextlib.suppress(psutil.NoSuchProcess):
            assert helper.net_connections("inet") == []
    with warehouse.connect("owner", home.settings) as connection:
        assert connection.execute("show listen_addresses").fetchone() == ("",)


def test_the_network_cannot_be_opened_by_an_option(home: Home) -> None:
    opened = home.settings.model_copy(update={"postgres_options": {"listen_addresses": "*"}})
    with pytest.raises(WarehouseError, match="listen_addresses"):
        embedded.start(opened)


@pytest.mark.parametrize(
    "user", ["closedloop_admin", "closedloop_owner", "closedloop_reader", "postgres", "root"]
)
@pytest.mark.parametrize("password", ["", "password", "closedloop"])
def test_no_role_is_trusted_without_its_password(user: str, password: str, trusting: Settings) -> None:
    host = socket_folder.socket_folder(trusting)
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(
            host=str(host), user=user, password=password or None, dbname="postgres", passfile="/dev/null"
        )


@pytest.fixture(scope="module")
def trusting():
    folder = open_folder()
    settings = Settings(home=folder / "home", postgres_options=FAST)
    embedded.start(settings)
    yield settings
    embedded.stop(settings)
    shutil.rmtree(folder)


def test_passwords_are_scram_and_the_only_way_in_asks_for_one(trusting: Settings) -> None:
    with administration.admin_connection(trusting) as connection:
        rules = connection.execute("select type, auth_method, error from pg_hba_file_rules").fetchall()
        stored = connection.execute("select rolpassword from pg_authid where rolcanlogin").fetchall()
    assert rules == [("local", "scram-sha-256", None)]
    assert stored and all(password.startswith("SCRAM-SHA-256$") for (password,) in stored)


def test_secrets_are_random_and_for_their_owner_only(trusting: Settings, home: Home) -> None:
    folder = secret_files.secrets_folder(trusting)
    assert _mode(folder) == 0o700
    names = {path.name for path in folder.iterdir()}
    assert names >= {"admin", "owner", "loader", "reader"}
    assert {_mode(path) for path in folder.iterdir()} == {0o600}
    contents = [path.read_text() for path in folder.iterdir()]
    assert len(set(contents)) == len(contents) and min(map(len, contents)) >= 43
    assert secret_files.read_or_create(home.settings, "admin") not in contents


def test_a_secret_that_others_can_read_is_refused(home: Home) -> None:
    secret_files.read_or_create(home.settings, "admin")
    (secret_files.secrets_folder(home.settings) / "admin").chmod(0o644)
    with pytest.raises(WarehouseError, match="chmod 600"):
        embedded.start(home.settings)


def test_socket_data_and_log_are_closed_to_others(trusting: Settings) -> None:
    assert _mode(socket_folder.socket_folder(trusting)) == 0o700
    assert _mode(data_folder.data_folder(trusting)) == 0o700
    assert _mode(data_folder.data_folder(trusting) / "server.log") == 0o600
    assert _mode(trusting.home) == (0o711 if os.geteuid() == 0 else 0o700)


def test_the_passwords_of_another_warehouse_are_said_to_be_so(home: Home) -> None:
    embedded.start(home.settings)
    path = secret_files.secrets_folder(home.settings) / "admin"
    kept = path.read_text()
    path.write_text("another")
    with pytest.raises(WarehouseError, match="not those of the warehouse"):
        embedded.start(home.settings)
    path.write_text(kept)


def test_a_message_about_a_connection_holds_no_password(trusting: Settings) -> None:
    elsewhere = trusting.model_copy(update={"database": "nowhere"})
    with pytest.raises(WarehouseUnavailable) as caught:
        warehouse.connect("reader", elsewhere)
    assert secret_files.read(trusting, "reader") not in str(caught.value)
    assert secret_files.read(trusting, "reader") not in repr(warehouse.urls(trusting))
    assert "closedloop up" in str(caught.value)


def test_a_long_data_path_gets_a_private_socket_folder(home: Home) -> None:
    deep = (
        home.folder.parent
        / ("a folder with a long name " * 4).strip()
        / ("another one with a long name " * 4).strip()
    )
    settings = Settings(home=deep / "home", postgres_options=FAST)
    if os.geteuid() == 0:
        for parent in (deep.parent, deep):
            parent.mkdir(mode=0o711)
    embedded.start(settings)
    try:
        sockets = embedded.status(settings).sockets
        assert sockets is not None and not sockets.is_relative_to(home.folder.parent)
        assert len(os.fsencode(sockets / socket_folder.SOCKET_NAME)) <= 103
        assert _mode(sockets) == 0o700
        with warehouse.connect("owner", settings) as connection:
            assert connection.execute("select current_user").fetchone() == ("closedloop_owner",)
        rules = data_folder.data_folder(settings) / "pg_hba.conf"
        assert "trust" not in rules.read_text()
    finally:
        embedded.stop(settings)
    assert not sockets.exists(), "the temp folder keeps nothing of a stopped server"


@pytest.mark.parametrize(
    "name", ["城市 闭环", 'quo"te', "co,mma", "dol$(touch x)lar", "apo'strophe", "per%cent", "back\\slash"]
)
def test_any_path_will_do(home: Home, name: str) -> None:
    settings = Settings(home=home.folder / name / "home", postgres_options=FAST)
    if os.geteuid() == 0:
        (home.folder / name).mkdir(parents=True, mode=0o711)
        home.folder.chmod(0o711)
    embedded.start(settings)
    try:
        warehouse.migrate(settings)
        assert warehouse.is_current(settings)
    finally:
        embedded.remove(settings)


def test_programs_that_had_to_be_copied_run_at_any_path(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "may_enter", lambda *_: False)
    test_any_path_will_do(home, "dol$(touch x)lar")


def test_a_socket_folder_that_somebody_else_put_there_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "taken"
    folder.symlink_to(tmp_path)
    with pytest.raises(WarehouseError, match="not a folder of the server's own user"):
        socket_folder.prepare(folder, None)
    folder.unlink()
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    with pytest.raises(WarehouseError, match="open to other users"):
        socket_folder.prepare(folder, None)
    assert _mode(folder) == 0o777


def test_a_home_that_anybody_may_write_is_refused(home: Home) -> None:
    home.folder.mkdir()
    home.folder.chmod(0o777)
    with pytest.raises(WarehouseError, match="chmod o-w"):
        embedded.start(home.settings)
    assert _mode(home.folder) == 0o777


@pytest.mark.as_root
def test_as_root_the_server_is_somebody_elses_process(home: Home) -> None:
    embedded.start(home.settings)
    pid = embedded.status(home.settings).pid
    assert pid is not None
    user = service_user(home.settings)
    assert user is not None
    ids = psutil.Process(pid).uids()
    assert {ids.real, ids.effective, ids.saved} == {user.uid} != {0}


@pytest.mark.as_root
def test_as_root_a_strict_umask_does_not_lock_the_server_out(home: Home) -> None:
    deep = Settings(home=home.folder / "new" / "folders", postgres_options=FAST)
    before = os.umask(0o077)
    try:
        assert embedded.start(deep) is True
    finally:
        os.umask(before)
        embedded.stop(deep)


@pytest.mark.as_root
def test_as_root_a_closed_parent_folder_is_refused_and_left_closed(home: Home) -> None:
    closed = home.folder.parent / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(WarehouseError, match=r"closed \(mode 0700\) may not be entered.*CLOSEDLOOP_HOME="):
        embedded.start(Settings(home=closed / "below" / "home"))
    assert _mode(closed) == 0o700
    assert list(closed.iterdir()) == []


@pytest.mark.as_root
def test_as_root_programs_in_a_closed_folder_are_copied_not_opened(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    from closedloop.warehouse import binaries

    closed = home.folder.parent / "closed"
    closed.mkdir(mode=0o700)
    wheel = binaries.installed_programs()
    package = wheel.parent.parent
    for part in (wheel.parent, package.with_name(f"{package.name}.libs")):
        shutil.copytree(part, closed / part.relative_to(package.parent), symlinks=True)
    monkeypatch.setattr(binaries, "installed_programs", lambda: closed / wheel.relative_to(package.parent))
    assert embedded.start(home.settings) is True
    pid = embedded.status(home.settings).pid
    assert pid is not None
    assert Path(psutil.Process(pid).exe()).is_relative_to(home.folder)
    assert _mode(closed) == 0o700


def test_starting_and_stopping_leaves_nothing_in_the_temp_folder(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = home.folder.parent / "tmp"
    temporary.mkdir()
    temporary.chmod(0o1777)
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)
    embedded.start(home.settings)
    assert list(temporary.iterdir()) == []
    embedded.stop(home.settings)
    assert list(temporary.iterdir()) == []
