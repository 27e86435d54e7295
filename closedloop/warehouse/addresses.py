"""The three addresses of a warehouse: owner (migrations, dbt), loader (raw, ops), reader (marts).

And the names of the two roles without an address, which the logins of analysts and auditors are members of.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from closedloop.settings import Settings, get_settings
from closedloop.warehouse import secret_files
from closedloop.warehouse.errors import WarehouseError, WarehouseUnavailable
from closedloop.warehouse.socket_folder import socket_folder

Role = Literal["owner", "loader", "reader"]
ROLES: tuple[Role, ...] = ("owner", "loader", "reader")
#: What the two roles without an address are called on the embedded server.
EMBEDDED_ANALYSTS = "closedloop_analyst"
EMBEDDED_AUDITORS = "closedloop_auditor"


@dataclass(frozen=True)
class Urls:
    """libpq URLs with passwords: never print one. ``repr`` shows only the roles' names.

    ``analysts`` and ``auditors`` are names of roles, None on a server without such logins.
    """

    owner: str
    loader: str
    reader: str
    analysts: str | None = None
    auditors: str | None = None

    def __repr__(self) -> str:
        names = ", ".join(f"{role}={self.user(role)}" for role in ROLES)
        return f"Urls({names})"

    def of(self, role: Role) -> str:
        """The URL of one role."""
        return getattr(self, role)

    def parts(self, role: Role) -> dict[str, str]:
        """``host, port, user, password, dbname`` and whatever else the URL says, as libpq names them."""
        return {
            name: str(value) for name, value in conninfo_to_dict(self.of(role)).items() if value is not None
        }

    def user(self, role: Role) -> str:
        """Name of the database role behind a URL."""
        return self.parts(role).get("user", "")


def embedded_url(settings: Settings, user: str, secret: str, database: str | None = None) -> str:
    """URL of a role of the embedded server; ``secret`` names the file of its password."""
    try:
        password = secret_files.read(settings, secret)
    except FileNotFoundError:
        raise WarehouseUnavailable(
            f"there is no warehouse in {settings.home} yet; make it with: python -m closedloop up",
            f"{settings.home} 中还没有数据仓库；请运行 python -m closedloop up 建立",
        ) from None
    host = quote(str(socket_folder(settings)), safe="")
    name = database or settings.database
    return f"postgresql://{user}:{quote(password, safe='')}@/{name}?host={host}&port=5432"


def urls(settings: Settings | None = None) -> Urls:
    """The addresses of the warehouse. Connects to nothing.

    Raises WarehouseUnavailable when the embedded warehouse was never made, WarehouseError for a URL that is
    none.
    """
    settings = settings or get_settings()
    if settings.embedded:
        owner, loader, reader = (embedded_url(settings, f"closedloop_{role}", role) for role in ROLES)
        return Urls(owner, loader, reader, EMBEDDED_ANALYSTS, EMBEDDED_AUDITORS)
    found = {}
    for role in ROLES:
        variable = f"CLOSEDLOOP_{role.upper()}_URL"
        url = (
            getattr(settings, f"{role}_url")
            .get_secret_value()
            .replace("postgresql+psycopg://", "postgresql://", 1)
        )
        try:
            parts = conninfo_to_dict(url)
        except ProgrammingError:
            # The driver's own message repeats the URL, password included.
            raise WarehouseError(
                f"{variable} is no PostgreSQL address; it looks like "
                "postgresql://name:password@host:5432/database"
            ) from None
        for part in ("user", "dbname"):
            if not parts.get(part):
                raise WarehouseError(
                    f"{variable} names no {'role' if part == 'user' else 'database'}; add it"
                )
        found[role] = url
    return Urls(**found, analysts=settings.analyst_role, auditors=settings.auditor_role)
