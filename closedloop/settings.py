"""Typed settings from the environment (prefix ``CLOSEDLOOP_``), with defaults that suit one machine."""

from __future__ import annotations

import hashlib
import os
import stat
from functools import lru_cache
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from closedloop.errors import ClosedloopError

#: The folder that holds the package, ``dbt_project/`` and ``seeds/``.
PROJECT_ROOT = Path(__file__).resolve().parent.parent


def default_home(project: Path, uid: int) -> Path:
    """``.closedloop`` in the project, or a folder of its own below ``/var/lib/closedloop``.

    The latter for root alone, and only where the project lies below a folder that other users may not
    enter: PostgreSQL refuses to run as root, and the user it runs as instead could not reach its data.
    Nobody's folder is opened for it. A home that somebody names (``CLOSEDLOOP_HOME``) is taken or refused.
    """
    home = project / ".closedloop"
    if uid != 0 or home.exists():
        return home
    if all(folder.stat().st_mode & stat.S_IXOTH for folder in (project, *project.parents)):
        return home
    digest = hashlib.sha256(os.fsencode(project)).hexdigest()[:8]
    return Path("/var/lib/closedloop") / f"{project.name}-{digest}"


class SettingsError(ClosedloopError):
    """The environment holds a value that cannot be used."""


def _known_time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is no time zone of the IANA database; Asia/Shanghai is one") from error
    return name


def _real(path: Path) -> Path:
    # Links resolved: one warehouse reached by two paths is one warehouse.
    return path.expanduser().resolve()


Folder = Annotated[Path, AfterValidator(_real)]


class Settings(BaseSettings):
    """One warehouse and how to reach it.

    With no URL the warehouse is the embedded server under ``home``. With all three URLs it is a database on a
    PostgreSQL server (15 or newer), and ``home`` keeps only build artefacts.
    """

    model_config = SettingsConfigDict(env_prefix="CLOSEDLOOP_", frozen=True, extra="ignore")

    home: Folder = Field(default_factory=lambda: default_home(PROJECT_ROOT, os.geteuid()))
    time_zone: Annotated[str, AfterValidator(_known_time_zone)] = "Asia/Shanghai"

    owner_url: SecretStr | None = None
    loader_url: SecretStr | None = None
    reader_url: SecretStr | None = None
    #: Key of the pseudonyms. Embedded: made once and kept in ``home/secrets``. On a server it must be given.
    hash_key: SecretStr | None = None

    #: Database in the embedded server.
    database: str = Field(default="closedloop", pattern=r"^[a-z][a-z0-9_]{0,62}$")
    #: Further lines of the embedded server's configuration, as JSON: ``{"shared_buffers": "1GB"}``.
    postgres_options: dict[str, str] = {}
    #: System user the embedded server runs as when started by root; by default the first that exists of
    #: closedloop, postgres, nobody.
    service_user: str | None = None

    reference_dir: Folder = PROJECT_ROOT / "seeds" / "reference"
    demo_dir: Folder = PROJECT_ROOT / "seeds" / "demo"
    dbt_project_dir: Folder = PROJECT_ROOT / "dbt_project"

    #: Local time at which the duty day (统计日) turns.
    duty_day_start: str = Field(default="08:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    #: Look at one's own files on the embedded warehouse without a sign-in (``run --trial``).
    trial: bool = False
    port: int = Field(default=8501, ge=1, le=65535)
    #: Longest question a page may ask, in seconds.
    statement_timeout: int = Field(default=60, ge=1)
    #: Connections one page server keeps to the warehouse, and how many more it may open for a moment.
    pool_size: int = Field(default=8, ge=1)
    pool_overflow: int = Field(default=8, ge=0)

    @model_validator(mode="after")
    def _all_urls_or_none(self) -> Settings:
        urls = {"OWNER": self.owner_url, "LOADER": self.loader_url, "READER": self.reader_url}
        missing = [f"CLOSEDLOOP_{name}_URL" for name, url in urls.items() if url is None]
        if missing and len(missing) < len(urls):
            raise ValueError(
                f"{' and '.join(missing)} not set: a server warehouse needs all three URLs, "
                "the embedded one none of them"
            )
        return self

    @property
    def embedded(self) -> bool:
        """True when the warehouse is the embedded server."""
        return self.owner_url is None

    @property
    def zone(self) -> ZoneInfo:
        """The warehouse's time zone: calendar days, duty days and working days are counted in it."""
        return ZoneInfo(self.time_zone)


def load_settings(**overrides: object) -> Settings:
    """Read the environment. Raises SettingsError with one line per bad value."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        lines = []
        for problem in error.errors():
            name = "_".join(str(part) for part in problem["loc"]).upper()
            variable = f"CLOSEDLOOP_{name}: " if name else ""
            lines.append(variable + problem["msg"].removeprefix("Value error, "))
        raise SettingsError("; ".join(lines)) from None


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The settings of this process, read once (``get_settings.cache_clear()`` reads them again)."""
    return load_settings()
