"""A wrong setting is refused with its name and what it should be."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from closedloop.settings import PROJECT_ROOT, SettingsError, default_home, get_settings, load_settings


def test_without_any_variable_one_machine_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLOSEDLOOP_HOME", raising=False)
    settings = load_settings()
    assert settings.embedded
    assert settings.home == default_home(PROJECT_ROOT, os.geteuid())
    assert settings.time_zone == "Asia/Shanghai"
    assert settings.reference_dir == PROJECT_ROOT / "seeds" / "reference"


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("CLOSEDLOOP_TIME_ZONE", "Asia/Nowhere", "CLOSEDLOOP_TIME_ZONE: 'Asia/Nowhere' is no time zone"),
        ("CLOSEDLOOP_PORT", "door", "CLOSEDLOOP_PORT: "),
        ("CLOSEDLOOP_DUTY_DAY_START", "8 o'clock", "CLOSEDLOOP_DUTY_DAY_START: "),
        ("CLOSEDLOOP_DATABASE", "a;b", "CLOSEDLOOP_DATABASE: "),
        (
            "CLOSEDLOOP_OWNER_URL",
            "postgresql://a@b/c",
            "CLOSEDLOOP_LOADER_URL and CLOSEDLOOP_READER_URL not set",
        ),
    ],
)
def test_a_wrong_value_is_named(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert said in str(caught.value)


def test_no_setting_shows_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    for role in ("OWNER", "LOADER", "READER"):
        monkeypatch.setenv(f"CLOSEDLOOP_{role}_URL", f"postgresql://{role}:tell-nobody@host/x")
    monkeypatch.setenv("CLOSEDLOOP_HASH_KEY", "tell-nobody")
    assert "tell-nobody" not in repr(load_settings())


def test_settings_are_read_once_and_usable_as_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    get_settings.cache_clear()
    first = get_settings()
    monkeypatch.setenv("CLOSEDLOOP_PORT", "9999")
    assert get_settings() is first
    get_settings.cache_clear()
    assert get_settings().port == 9999
    get_settings.cache_clear()


def test_root_in_a_closed_folder_gets_a_home_that_the_server_can_reach(tmp_path: Path) -> None:
    project = tmp_path / "closed" / "project"
    project.mkdir(parents=True)
    (tmp_path / "closed").chmod(0o700)
    away = default_home(project, 0)
    assert away.parent == Path("/var/lib/closedloop")
    assert away.name.startswith("project-")
    assert default_home(project, 1000) == project / ".closedloop"
    assert (tmp_path / "closed").stat().st_mode & 0o777 == 0o700
    (project / ".closedloop").mkdir()
    assert default_home(project, 0) == project / ".closedloop"


def test_a_secret_may_lie_in_a_file_named_like_its_variable(tmp_path, monkeypatch):
    (tmp_path / "CLOSEDLOOP_HASH_KEY").write_text("from a file\n")
    monkeypatch.setenv("CLOSEDLOOP_SECRETS_DIR", str(tmp_path))
    assert load_settings().hash_key.get_secret_value() == "from a file"
    monkeypatch.setenv("CLOSEDLOOP_HASH_KEY", "from the environment")
    assert load_settings().hash_key.get_secret_value() == "from the environment"
