"""Whether a build may go on from the build before the last, and from where.

The ``*_next`` schemas hold the build before the last one, whole and tested. A build that catches up leaves it
there and makes anew only what happened to the items touched since (``int_touched_items``); what is counted
from items is made from all of them, as ever. Everything else that decides a figure forces a full build.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from closedloop.transform.environment import NEXT
from closedloop.warehouse.roles import DBT_SCHEMAS

Connection = psycopg.Connection[Any]

#: After so many builds in a row that went on from others, one makes everything anew.
MOST_IN_A_ROW = 30
#: What such a build makes and tests, of selectors.yml in the dbt project; the rest is what it was.
SELECTOR = "what_loads_change"
#: Registers that every item's rows are made from.
_REGISTERS = ("stations", "posts", "bureaus")

_INTERMEDIATE = f"intermediate{NEXT}"
#: A small project has none.
_COVERAGE = (_INTERMEDIATE, "int_coverage")
#: What a build leaves for the one after the next: where it went on from itself, and the warehouse's revision.
_NOTE = (f"reference{NEXT}", "caught_up_from")
_NONE_YET = "a build goes on from the one before the last, and none stands there yet"


@dataclass(frozen=True)
class Start:
    """The build that is gone on from: its ``last_batch_id``, its moment, and how many in a row before it did
    the same."""

    build_id: int
    last_batch_id: int
    as_of: datetime
    in_a_row: int


def start_of(conn: Connection, build_id: int, code_hash: str) -> Start | str:
    """Where build ``build_id`` may go on from; else why it makes everything, as part of a sentence."""
    with conn.transaction():
        last = conn.execute(
            "select status from ops.builds where build_id < %s order by build_id desc limit 1", [build_id]
        ).fetchone()
        if last is None:
            return "it is the first build"
        # What it left in the twins may be anything.
        if last[0] != "published":
            return "the last build was not published"
        there = conn.execute(
            "select bool_and(to_regclass(name) is not null) from unnest(%s::text[]) as name",
            [[f"marts{NEXT}.ops_status", ".".join(_COVERAGE), ".".join(_NOTE)]],
        ).fetchone()
        kept = there and there[0] and _kept(conn)
        if not kept:
            return _NONE_YET
        kept_id, last_batch_id, kept_hash, as_of, in_a_row, same_revision = kept
        if kept_hash != code_hash:
            return f"models, reference data or settings changed since build {kept_id}"
        if not same_revision:
            return f"the warehouse was migrated since build {kept_id}"
        if as_of is None:
            return f"nothing was covered in build {kept_id}"
        if in_a_row >= MOST_IN_A_ROW:
            return f"the last {in_a_row} builds went on from others"
        if (missing := _missing(conn)) is not None:
            return f"{missing} is no longer what build {kept_id} left"
        for register in _REGISTERS:
            if _changed(conn, register, last_batch_id):
                return f"the register {register} changed since build {kept_id}"
    return Start(kept_id, last_batch_id, as_of, in_a_row)


def _kept(conn: Connection) -> tuple[Any, ...] | None:
    return conn.execute(
        sql.SQL(
            """
            select
                builds.build_id,
                builds.last_batch_id,
                builds.code_hash,
                (select max(covers_until) from {coverage}),
                note.in_a_row,
                note.revision = (select version_num from ops.alembic_version)
            from {status} as status
            join ops.builds as builds on builds.build_id = status.build_id and builds.status = 'published'
            cross join {note} as note
            """
        ).format(
            coverage=sql.Identifier(*_COVERAGE),
            status=sql.Identifier(f"marts{NEXT}", "ops_status"),
            note=sql.Identifier(*_NOTE),
        )
    ).fetchone()


def _missing(conn: Connection) -> str | None:
    """A relation that the twins have otherwise than what is published, of the same code: somebody's hand."""
    found = conn.execute(
        """
        with relation as (
            select
                right(n.nspname, length(%(next)s)) = %(next)s as is_next,
                array[regexp_replace(n.nspname, %(next)s || '$', ''), c.relname, c.relkind::text] as named
            from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
            where
                n.nspname = any (%(schemas)s) and c.relkind in ('r', 'v', 'm')
                and c.relname <> %(note)s
        )
        select named[1] || '.' || named[2] from relation
        group by named having count(*) filter (where is_next) <> count(*) filter (where not is_next)
        order by named limit 1
        """,
        {"next": NEXT, "schemas": [s + e for s in DBT_SCHEMAS for e in ("", NEXT)], "note": _NOTE[1]},
    ).fetchone()
    return found[0] if found else None


def _changed(conn: Connection, register: str, last_batch_id: int) -> bool:
    found = conn.execute(
        sql.SQL("select from {} where batch_id > %s limit 1").format(sql.Identifier("raw", register)),
        [last_batch_id],
    )
    return found.fetchone() is not None


def note_start(conn: Connection, start: Start | None) -> None:
    """Tell the models where they go on from, and the build after the next one that it may."""
    with conn.transaction():
        forget(conn)
        conn.execute(
            sql.SQL(
                "create table {} (batch_id bigint, as_of timestamptz, in_a_row integer, revision text)"
            ).format(sql.Identifier(*_NOTE))
        )
        conn.execute(
            sql.SQL("insert into {} select %s, %s, %s, version_num from ops.alembic_version").format(
                sql.Identifier(*_NOTE)
            ),
            [start.last_batch_id, start.as_of, start.in_a_row + 1] if start else [None, None, 0],
        )


def forget(conn: Connection) -> None:
    """Say that the twins hold nothing that could be gone on from: the next build makes everything."""
    conn.execute(sql.SQL("drop table if exists {}").format(sql.Identifier(*_NOTE)))


def touched(conn: Connection) -> int:
    """How many items the models of items were made anew for."""
    row = conn.execute(
        sql.SQL("select count(*) from {}").format(sql.Identifier(_INTERMEDIATE, "int_touched_items"))
    ).fetchone()
    return row[0] if row else 0


def views_of_next(conn: Connection) -> dict[str, LiteralString]:
    """Every view of the twins with its query. To be asked before the models run, and given to
    :func:`drop_parts`."""
    with conn.transaction():
        rows = conn.execute(
            """
            select format('%%I.%%I', n.nspname, c.relname), pg_get_viewdef(c.oid)
            from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where right(n.nspname, length(%(next)s)) = %(next)s and c.relkind = 'v'
            """,
            {"next": NEXT},
        ).fetchall()
    return dict(rows)


_VIEWS_OF_PARTS = r"""
select distinct format('%%I.%%I', n.nspname, c.relname)
from pg_class as part
join pg_depend as d on d.refclassid = 'pg_class'::regclass and d.refobjid = part.oid
join pg_rewrite as r on d.classid = 'pg_rewrite'::regclass and r.oid = d.objid
join pg_class as c on c.oid = r.ev_class
join pg_namespace as n on n.oid = c.relnamespace
where
    part.relnamespace = to_regnamespace(%s)
    and (part.relname like '%%\_\_part' or part.relname like 'int\_touched\_%%')
"""
_PARTS = r"""
select relname from pg_class
where relnamespace = to_regnamespace(%s) and relkind = 'r' and relname like '%%\_\_part'
"""


def drop_parts(conn: Connection, views: dict[str, LiteralString]) -> None:
    """Drop the parts: once their tables are whole, nobody reads them.

    The views that read them (rules that look at one item at a time), or that were asked about touched rows
    alone, get their own queries back, those of the build that was gone on from: the code is the same, or that
    build would not have been.
    """
    with conn.transaction():
        for (view,) in conn.execute(_VIEWS_OF_PARTS, [_INTERMEDIATE]).fetchall():
            conn.execute(
                sql.SQL("create or replace view {} as {}").format(sql.SQL(view), sql.SQL(views[view]))
            )
        for (part,) in conn.execute(_PARTS, [_INTERMEDIATE]).fetchall():
            conn.execute(sql.SQL("drop table {}").format(sql.Identifier(_INTERMEDIATE, part)))
