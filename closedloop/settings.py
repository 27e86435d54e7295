"""Typed settings from the environment (prefix ``CLOSEDLOOP_``), with defaults that suit one machine."""

from __future__ import annotations

import hashlib
import os
import stat
from functools import lru_cache
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator
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


def _network(text: object) -> str:
    try:
        return str(ip_network(str(text), strict=False))
    except ValueError as error:
        raise ValueError(f"{text!r} is no address and no network; 10.1.2.3 and 10.1.0.0/16 are") from error


Network = Annotated[str, BeforeValidator(_network)]
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
    #: On a server: the roles that analysts' and auditors' own database logins are members of, where there are
    #: such logins. The embedded warehouse has its own.
    analyst_role: str | None = Field(default=None, min_length=1, max_length=63)
    auditor_role: str | None = Field(default=None, min_length=1, max_length=63)
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

    #: Folder that ``refresh`` empties; by default ``inbox`` in home.
    inbox: Folder | None = None
    #: Seconds for which nothing may have been written to a file before it is taken for complete.
    inbox_quiet: float = Field(default=30, ge=0)

    #: Local time at which the duty day (统计日) turns.
    duty_day_start: str = Field(default="08:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    #: Hours after which data counts as stale: a banner on every page says so. A day and a load's while.
    stale_hours: float = Field(default=26, gt=0)
    #: Seconds after which a wall display looks for newer figures, and whether it may still show them.
    wall_seconds: float = Field(default=30, gt=0)
    #: Look at one's own files on the embedded warehouse without a sign-in (``run --trial``).
    trial: bool = False
    #: Sign-in with OpenID Connect: the provider's issuer exactly as its metadata has it, what it calls us,
    #: and the address it leads back to (``https://…/oauth2callback``).
    oidc_issuer: str | None = Field(default=None, pattern=r"^https?://\S+$")
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    oidc_redirect_uri: str | None = Field(default=None, pattern=r"^https?://[^\s?#]+/oauth2callback$")
    #: Where the provider describes itself; by default below its issuer.
    oidc_metadata_url: str | None = Field(default=None, pattern=r"^https?://\S+$")
    #: Sign-in by a gateway in front of the pages: the key it signs with (HS256), the addresses or networks it
    #: connects from as JSON, the header it sets, and where it signs somebody out.
    gateway_key: SecretStr | None = None
    gateway_peers: tuple[Network, ...] = ()
    gateway_header: str = Field(default="X-Closedloop-Identity", pattern=r"^[A-Za-z][A-Za-z0-9-]{0,63}$")
    gateway_audience: str = Field(default="closedloop", min_length=1)
    gateway_sign_out: str | None = Field(default=None, pattern=r"^(https?://|/)\S*$")
    #: Key of the session cookies. Embedded: made once and kept in ``home/secrets``; so on a server, unless
    #: several page servers share it.
    session_key: SecretStr | None = None
    #: A session that nobody uses ends after so many minutes, and every session after so many hours.
    idle_minutes: float = Field(default=30, gt=0, le=24 * 60)
    session_hours: float = Field(default=12, gt=0, le=7 * 24)
    #: How many days traces are kept at least.
    audit_days: int = Field(default=365, ge=183)
    #: Whom somebody without a grant is told to ask: an office and its number.
    ask: str | None = Field(default=None, max_length=200)
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

    @model_validator(mode="after")
    def _sign_in_whole(self) -> Settings:
        oidc = {
            "ISSUER": self.oidc_issuer,
            "CLIENT_ID": self.oidc_client_id,
            "CLIENT_SECRET": self.oidc_client_secret,
            "REDIRECT_URI": self.oidc_redirect_uri,
        }
        missing = [f"CLOSEDLOOP_OIDC_{name}" for name, value in oidc.items() if value is None]
        if missing and len(missing) < len(oidc):
            raise ValueError(f"{' and '.join(missing)} not set: sign-in with a provider needs all four")
        if self.gateway_key is not None:
            if self.oidc_issuer is not None:
                raise ValueError("CLOSEDLOOP_OIDC_… and CLOSEDLOOP_GATEWAY_… are two sign-ins: choose one")
            if not self.gateway_peers:
                raise ValueError(
                    "CLOSEDLOOP_GATEWAY_PEERS not set: say which addresses the gateway connects from"
                )
            if len(self.gateway_key.get_secret_value().encode()) < 32:
                raise ValueError("CLOSEDLOOP_GATEWAY_KEY is shorter than 32 bytes")
        elif self.gateway_peers:
            raise ValueError("CLOSEDLOOP_GATEWAY_KEY not set: the gateway signs what it says with it")
        return self

    @property
    def issuer(self) -> str | None:
        """Who vouches for identities here: the provider, ``gateway``, or nobody."""
        return "gateway" if self.gateway_key is not None else self.oidc_issuer

    @property
    def embedded(self) -> bool:
        """True when the warehouse is the embedded server."""
        return self.owner_url is None

    @property
    def inbox_folder(self) -> Path:
        """Where ``refresh`` looks for files."""
        return self.inbox if self.inbox is not None else self.home / "inbox"

    @property
    def zone(self) -> ZoneInfo:
        """The warehouse's time zone: calendar days, duty days and working days are counted in it."""
        return ZoneInfo(self.time_zone)


def load_settings(**overrides: Any) -> Settings:
    """Read the environment, and secrets from files named like variables in ``CLOSEDLOOP_SECRETS_DIR``.

    Raises SettingsError with one line per bad value.
    """
    folder = os.environ.get("CLOSEDLOOP_SECRETS_DIR")
    try:
        return Settings(_secrets_dir=folder, **overrides) if folder else Settings(**overrides)
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
