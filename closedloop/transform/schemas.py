"""The four pairs of schemas: emptying the twins before a build, and putting them in place after it.

``reference``, ``staging``, ``intermediate`` and ``marts`` exist twice. A build fills ``*_next``;
:func:`publish` renames each pair, so that what was published becomes ``*_next`` and stays there, untouched,
until the next build begins. Nothing waits for readers: renaming a schema needs no lock on its tables.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import errors, sql

from closedloop.errors import ClosedloopError
from closedloop.transform.environment import NEXT
from closedloop.warehouse.addresses import Urls
from closedloop.warehouse.people import SCHEMA_PREFIX
from closedloop.warehouse.roles import DBT_SCHEMAS as PUBLISHED
from closedloop.warehouse.roles import ensure_schemas

UPCOMING = tuple(name + NEXT for name in PUBLISHED)

#: Shorter than a page's patience: while we wait for a lock, everybody behind us waits too.
LOCK_TIMEOUT = "500ms"
#: Later on: long enough for the server to call back its own vacuum, which it does for who waits a second.
LONGER_LOCK_TIMEOUT = "1500ms"
SHORT_ATTEMPTS = 4
LOCK_ATTEMPTS = 82
#: So many attempts an analyst's open transaction is waited for.
PATIENCE_WITH_ANALYSTS = 9

Connection = psycopg.Connection[Any]


class SchemaError(ClosedloopError):
    """The schemas are in a state that a build must not touch; the message says what to change."""


_REFERENCES = """
with next_relation as (
    select c.oid, n.nspname, c.relname
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = any (%(upcoming)s)
),
reference as (
    -- views and rules
    select d.refobjid as oid, r.ev_class as dependent
    from pg_depend d join pg_rewrite r on d.classid = 'pg_rewrite'::regclass and r.oid = d.objid
    where d.refclassid = 'pg_class'::regclass
    union
    -- foreign keys
    select confrelid, conrelid from pg_constraint where contype = 'f'
    union
    -- inheritance
    select inhparent, inhrelid from pg_inherits
)
select
    format('%%I.%%I', n.nspname, c.relname),
    next_relation.nspname || '.' || next_relation.relname,
    case c.relkind when 'm' then 'materialized view' else 'view' end
from reference
join next_relation on next_relation.oid = reference.oid
join pg_class c on c.oid = reference.dependent
join pg_namespace n on n.oid = c.relnamespace
"""
_TABLES_OF_NEXT = """
select format('%%I.%%I', n.nspname, c.relname)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = any (%s) and c.relkind = 'r'
order by 1
"""


def empty_next(conn: Connection, addresses: Urls, on_wait: Callable[[str], None]) -> None:
    """Drop and recreate the four ``*_next`` schemas, empty, and make the published four where there are none
    yet.

    Refuses when something outside them refers to a relation in them: ``drop … cascade`` would take it along,
    and it would be reading the build before last. Views in analysts' own schemas it does take along: they
    could read nothing since the last publication, and no analyst holds up a build.
    """
    _refuse_outside_references(conn)

    def empty() -> None:
        names = sql.SQL(", ").join(map(sql.Identifier, UPCOMING))
        conn.execute(sql.SQL("drop schema if exists {} cascade").format(names))
        ensure_schemas(conn, addresses)

    in_one_transaction(conn, empty, on_wait)


def _refuse_outside_references(conn: Connection) -> None:
    with conn.transaction():
        found = conn.execute(
            _REFERENCES + "where n.nspname <> all (%(upcoming)s) and not starts_with(n.nspname, %(analysts)s)"
            " order by 1, 2 limit 1",
            _reference_names(),
        ).fetchone()
    if found:
        raise SchemaError(
            f"{found[0]} refers to {found[1]}, which the next build drops; make it a model of the dbt "
            "project, "
            f"or remove it (drop view {found[0]}), then: python -m closedloop build"
        )


def _reference_names() -> dict[str, Any]:
    return {"upcoming": list(UPCOMING), "analysts": SCHEMA_PREFIX}


def keep_next(conn: Connection, addresses: Urls, on_wait: Callable[[str], None]) -> None:
    """Make the ``*_next`` schemas ready for a build that goes on from what they hold.

    Refuses what :func:`empty_next` refuses, and takes along what that does: nobody looks at the build before
    last while it is being changed.
    """
    _refuse_outside_references(conn)

    def keep() -> None:
        for view, _, kind in conn.execute(
            _REFERENCES + "where starts_with(n.nspname, %(analysts)s)", _reference_names()
        ).fetchall():
            conn.execute(sql.SQL("drop {} if exists {} cascade").format(sql.SQL(kind), sql.SQL(view)))
        for (table,) in conn.execute(_TABLES_OF_NEXT, [list(UPCOMING)]).fetchall():
            conn.execute(sql.SQL("lock table {} in access exclusive mode").format(sql.SQL(table)))
        ensure_schemas(conn, addresses)

    in_one_transaction(conn, keep, on_wait)


def in_one_transaction(conn: Connection, work: Callable[[], None], on_wait: Callable[[str], None]) -> None:
    """Run ``work`` in one transaction; when a lock is not to be had, let everybody pass and try again.

    Gives up after two minutes with a sentence that names who holds the lock.
    """
    for attempt in range(LOCK_ATTEMPTS):
        try:
            with conn.transaction():
                timeout = LOCK_TIMEOUT if attempt < SHORT_ATTEMPTS else LONGER_LOCK_TIMEOUT
                conn.execute(sql.SQL("set local lock_timeout = {}").format(sql.Literal(timeout)))
                work()
            return
        except (errors.LockNotAvailable, errors.DeadlockDetected):
            if attempt == 1:
                on_wait(f"waiting for {_readers(conn)} to end a transaction")
            if attempt >= PATIENCE_WITH_ANALYSTS:
                _end_analysts(conn, on_wait)
    raise SchemaError(
        f"{_readers(conn)} kept a transaction open in the schemas of an earlier build; "
        "end it (a forgotten psql session, perhaps), then: python -m closedloop build"
    )


def _end_analysts(conn: Connection, on_wait: Callable[[str], None]) -> None:
    """End sessions of analysts' logins that are in the way; their limits are their own to lift."""
    ended = conn.execute(
        """
        select distinct usename || ' (pid ' || pid || ')', pg_terminate_backend(pid)
        from pg_locks
        join pg_stat_activity using (pid)
        join pg_class on pg_class.oid = relation
        join pg_namespace on pg_namespace.oid = relnamespace
        where
            granted
            and nspname = any (%s)
            and usename in (select login from access.logins where ended_at is null)
            and pg_has_role(current_user, usesysid, 'usage')
        """,
        [list(UPCOMING)],
    ).fetchall()
    for who, _ in ended:
        on_wait(f"ended the session of {who}, which stood in the way")


def _readers(conn: Connection) -> str:
    rows = conn.execute(
        """
        select distinct
            -- a worker of the server itself has no user
            coalesce(a.usename, 'a worker of the server') || ' ('
            || coalesce(nullif(a.application_name, ''), '?') || ', pid ' || a.pid || ')'
        from pg_locks l
        join pg_stat_activity a using (pid)
        join pg_class c on c.oid = l.relation
        join pg_namespace n on n.oid = c.relnamespace
        where l.granted and n.nspname = any (%s) and a.pid <> pg_backend_pid()
        order by 1
        """,
        [[*PUBLISHED, *UPCOMING]],
    ).fetchall()
    return ", ".join(row[0] for row in rows) or "another session"


def rename_pairs(conn: Connection) -> None:
    """Exchange the names of each pair. To be called inside a transaction; takes about a millisecond."""
    for name in PUBLISHED:
        published, upcoming, aside = (sql.Identifier(n) for n in (name, name + NEXT, name + "_aside"))
        conn.execute(sql.SQL("alter schema {} rename to {}").format(published, aside))
        conn.execute(sql.SQL("alter schema {} rename to {}").format(upcoming, published))
        conn.execute(sql.SQL("alter schema {} rename to {}").format(aside, upcoming))
