"""The entrance: is this session still open, and what may this identity see now. Asked on every run."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import psycopg
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from closedloop.access.parts import Grant
from closedloop.settings import Settings, get_settings
from closedloop.warehouse.connections import reader_transaction
from closedloop.warehouse.errors import WarehouseUnavailable

#: Issuer of identities that a gateway vouches for, and of the demo's.
GATEWAY: Final = "gateway"
DEMO: Final = "demo"

OPEN: Final = "open"


@dataclass(frozen=True)
class Person:
    """Somebody who proved who they are: by whom they are known (``issuer``), as what, in which session."""

    issuer: str
    subject: str
    session: str
    name: str | None = None


@dataclass(frozen=True)
class Entry:
    """The answer of the entrance.

    ``session`` is ``open``, or why it is not: ``unknown``, ``signed_out``, ``idle``, ``expired``. ``grant``
    is None when none is in force.
    """

    session: str
    grant: Grant | None = None

    @property
    def is_open(self) -> bool:
        """True while the session lasts."""
        return self.session == OPEN


def new_session() -> str:
    """A session's name, not to be guessed (16 bytes)."""
    return secrets.token_urlsafe(16)


def begin_session(person: Person, settings: Settings | None = None) -> None:
    """Write down that a person signed in. Raises WarehouseUnavailable."""
    settings = settings or get_settings()
    with entrance(settings) as connection:
        connection.execute(
            text("select access.begin_session(:issuer, :subject, :session, :absolute)"),
            {**_named(person), "absolute": timedelta(hours=settings.session_hours)},
        )


def end_session(session: str, reason: str = "signed_out", settings: Settings | None = None) -> None:
    """End a session, wherever it is open and whatever server it is open on. Raises WarehouseUnavailable."""
    with entrance(settings or get_settings()) as connection:
        connection.execute(
            text("select access.end_session(:session, :reason)"), {"session": session, "reason": reason}
        )


_ENTER = text(
    """
    select
        access.session_state(:issuer, :subject, :session, :idle, :absolute) as state,
        found.role,
        found.bureau_id,
        found.stations,
        found.name
    from (select) as nothing
    left join access.grant_of(:issuer, :subject) as found on true
    """
)


def enter(person: Person, settings: Settings | None = None) -> Entry:
    """Whether the person's session is open and what they are granted, at this moment.

    One statement, found by index. Being asked keeps an open session from growing idle. Raises
    WarehouseUnavailable.
    """
    settings = settings or get_settings()
    with entrance(settings) as connection:
        row = connection.execute(
            _ENTER,
            {
                **_named(person),
                "idle": timedelta(minutes=settings.idle_minutes),
                "absolute": timedelta(hours=settings.session_hours),
            },
        ).one()
    if row.role is None:
        return Entry(row.state)
    return Entry(row.state, Grant(row.role, row.bureau_id, tuple(row.stations or ()), row.name))


def _named(person: Person) -> dict[str, str]:
    return {"issuer": person.issuer, "subject": person.subject, "session": person.session}


@contextmanager
def entrance(settings: Settings) -> Iterator[Connection]:
    """The page server's connection, for once allowed to write: through the functions it may call, only."""
    try:
        with reader_transaction(("set transaction read write",), settings) as connection:
            yield connection
            connection.commit()
    except DBAPIError as error:
        if isinstance(error.orig, psycopg.OperationalError):
            raise WarehouseUnavailable("the warehouse does not answer") from error
        raise
