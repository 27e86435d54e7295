"""Connections to the warehouse, each with the manners of its role."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import DBAPIError

from closedloop.settings import Settings, get_settings
from closedloop.warehouse.addresses import Role, urls
from closedloop.warehouse.errors import WarehouseUnavailable


def connect(
    role: Role, settings: Settings | None = None, *, autocommit: bool = False, application: str = "closedloop"
) -> psycopg.Connection[Any]:
    """A connection as owner, loader or reader: UTC, READ COMMITTED, nothing committed until asked.

    ``application`` is what others who wait for this connection's locks are told. Raises WarehouseUnavailable
    when nothing answers.
    """
    settings = settings or get_settings()
    return _open(urls(settings).of(role), role, settings, autocommit=autocommit, application=application)


def _open(
    url: str, role: Role, settings: Settings, *, autocommit: bool, application: str
) -> psycopg.Connection[Any]:
    options = " ".join(f"-c {name}={value}" for name, value in _manners(role, settings).items())
    try:
        return psycopg.connect(
            url,
            autocommit=autocommit,
            # A swap of schemas under a prepared statement raises "cached plan must not change result type".
            prepare_threshold=None,
            application_name=application[:63],
            connect_timeout=10,
            options=options,
        )
    except psycopg.OperationalError as error:
        raise WarehouseUnavailable(*_sentences(error, role, settings)) from error


#: A process that stopped in the middle of a transaction (a laptop asleep) gives its locks back after this.
_FORGOTTEN = "15min"
#: A page waits for no lock: what it reads is replaced by renaming, never by rewriting.
_PATIENCE_OF_A_PAGE = "5s"


def _manners(role: Role, settings: Settings) -> dict[str, str]:
    """Settings given with the connection, so that they hold on a server whose roles somebody else made.

    Loads and builds wait for each other by a lock, for as long as it takes: no ``lock_timeout`` for them.
    """
    if role != "reader":
        return {"timezone": "UTC", "idle_in_transaction_session_timeout": _FORGOTTEN}
    return {
        "timezone": "UTC",
        "default_transaction_read_only": "on",
        "statement_timeout": f"{settings.statement_timeout}s",
        "lock_timeout": _PATIENCE_OF_A_PAGE,
        # Between two statements of one question a page does nothing else.
        "idle_in_transaction_session_timeout": f"{settings.statement_timeout}s",
    }


def _sentences(error: psycopg.OperationalError, role: Role, settings: Settings) -> tuple[str, str]:
    """What does not answer, in both languages; the reason is the server's own."""
    reason = str(error).strip().splitlines()[-1]
    if settings.embedded:
        where = f"the warehouse in {settings.home} does not answer ({reason})"
        return (
            f"{where}; start it with: python -m closedloop up",
            f"{settings.home} 中的数据仓库没有响应（{reason}）；请运行 python -m closedloop up 启动",
        )
    return (
        f"the warehouse behind CLOSEDLOOP_{role.upper()}_URL does not answer: {reason}",
        f"CLOSEDLOOP_{role.upper()}_URL 指向的数据仓库没有响应：{reason}",
    )


_engines: dict[tuple[object, ...], Engine] = {}
_engines_lock = threading.Lock()


def reader_engine(settings: Settings | None = None) -> Engine:
    """The pool through which pages read, one per process and warehouse: see :func:`reader_transaction`."""
    settings = settings or get_settings()
    key = (settings.home, settings.database, settings.reader_url)
    with _engines_lock:
        engine = _engines.get(key)
        if engine is None:
            engine = create_engine(
                "postgresql+psycopg://",
                # The address is looked up for each connection: the embedded server may have been made anew.
                creator=lambda: _open(
                    urls(settings).reader,
                    "reader",
                    settings,
                    autocommit=False,
                    application="closedloop pages",
                ),
                isolation_level="READ COMMITTED",
                pool_size=settings.pool_size,
                max_overflow=settings.pool_overflow,
                pool_timeout=30,
            )
            _engines[key] = engine
        return engine


@contextmanager
def reader_transaction(statements: Sequence[str], settings: Settings | None = None) -> Iterator[Connection]:
    """A pooled connection as reader, in a transaction that begins with ``statements``, in one message.

    That message also tells whether the connection still leads anywhere: a server restarted between two
    questions costs a reconnect, not an error page, and no question pays for a test of its own. What is not
    committed inside is rolled back at the end.
    """
    engine, beginning = reader_engine(settings), "; ".join(statements)
    connection = engine.connect()
    try:
        try:
            connection.exec_driver_sql(beginning)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            connection.close()
            connection = engine.connect()
            connection.exec_driver_sql(beginning)
        yield connection
    finally:
        connection.close()


def dispose_engines() -> None:
    """Close every pooled connection of this process: before the server stops, or its database is copied."""
    with _engines_lock:
        for engine in _engines.values():
            engine.dispose()
        _engines.clear()
