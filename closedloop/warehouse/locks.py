"""One lock between loads and builds, and saying so while waiting for it.

A load takes it for its transaction, so batch numbers are given in the order of commits; a build holds it for
its whole run, so nothing is committed between the models of one build.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

#: Advisory lock keys, per database. "closloop", "clmigrat" and "clrefrsh" in ASCII.
LOAD_AND_BUILD = 0x636C6F736C6F6F70
MIGRATE = 0x636C6D6967726174
REFRESH = 0x636C726566727368

Waiting = Callable[[str], None]


def _silent(_: str) -> None:
    pass


def lock_for_transaction(
    connection: psycopg.Connection, key: int = LOAD_AND_BUILD, waiting: Waiting = _silent
) -> None:
    """Take the lock until the transaction ends. ``waiting`` is told who holds it, if anybody does."""
    row = connection.execute("select pg_try_advisory_xact_lock(%s)", [key]).fetchone()
    if row is not None and not row[0]:
        _end_login_that_holds(connection, key)
        waiting(_who_holds(connection, key))
        connection.execute("select pg_advisory_xact_lock(%s)", [key])


@contextmanager
def locked_for_session(
    connection: psycopg.Connection, key: int = LOAD_AND_BUILD, waiting: Waiting = _silent
) -> Iterator[None]:
    """Hold the lock inside the block, over any number of transactions.

    ``connection`` must be in autocommit: an open transaction of hours would keep the database from tidying
    up. The server gives the lock back when the connection dies.
    """
    if not connection.autocommit:
        raise ValueError("a lock held over transactions needs a connection in autocommit")
    row = connection.execute("select pg_try_advisory_lock(%s)", [key]).fetchone()
    if row is not None and not row[0]:
        _end_login_that_holds(connection, key)
        waiting(_who_holds(connection, key))
        connection.execute("select pg_advisory_lock(%s)", [key])
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute("select pg_advisory_unlock(%s)", [key])


def holder(connection: psycopg.Connection, key: int = LOAD_AND_BUILD) -> str | None:
    """Application name of who holds the lock in this database; None when it is free."""
    row = connection.execute(
        """
        select coalesce(nullif(activity.application_name, ''), 'process ' || locks.pid)
        from pg_locks as locks
        left join pg_stat_activity as activity on activity.pid = locks.pid
        where
            locks.locktype = 'advisory'
            and locks.granted
            and locks.objsubid = 1
            and locks.database = (select oid from pg_database where datname = current_database())
            and (locks.classid::bigint << 32) | locks.objid::bigint = %s
        limit 1
        """,
        [key],
    ).fetchone()
    return row[0] if row else None


def _end_login_that_holds(connection: psycopg.Connection, key: int) -> None:
    """End the session of an analyst or an auditor that holds the lock: anybody who may connect can take one.

    Only the owner can; a load waits for the next build to do it.
    """
    row = connection.execute(
        """
        select coalesce(bool_and(has_schema_privilege(oid, 'usage')), false)
        from pg_namespace
        where nspname = 'access'
        """
    ).fetchone()
    if row is None or not row[0]:
        return
    if connection.execute("select to_regclass('access.logins')").fetchone() == (None,):
        return
    connection.execute(
        """
        select pg_terminate_backend(pid)
        from pg_locks
        join pg_stat_activity using (pid)
        where
            locktype = 'advisory'
            and granted
            and database = (select oid from pg_database where datname = current_database())
            and (classid::bigint << 32) | objid::bigint = %s
            and usename in (select login from access.logins where ended_at is null)
            and pg_has_role(current_user, usesysid, 'usage')
        """,
        [key],
    )


def _who_holds(connection: psycopg.Connection, key: int) -> str:
    return f"waiting for {holder(connection, key) or 'another load or build'} to finish"
