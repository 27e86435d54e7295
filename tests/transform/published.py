"""What is published, down to the last row: to be compared before and after."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from closedloop.transform.schemas import PUBLISHED

Relation = tuple[str, str]

#: Views of the builder's own records, which a failed build adds to.
RECORDS = {("staging", "stg_ops_builds"), ("staging", "stg_ops_build_tests")}


def relations(conn: psycopg.Connection[Any], schemas: tuple[str, ...] = PUBLISHED) -> list[Relation]:
    """(schema, name) of every table and view, in order."""
    return conn.execute(
        """
        select n.nspname, c.relname
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = any (%s) and c.relkind in ('r', 'p', 'v', 'm')
        order by 1, 2
        """,
        [list(schemas)],
    ).fetchall()


def contents(conn: psycopg.Connection[Any]) -> dict[Relation, str]:
    """Hash of the rows of every published relation but RECORDS, whatever their order; a view's rows too."""
    return {relation: _hash(conn, relation) for relation in relations(conn) if relation not in RECORDS}


def _hash(conn: psycopg.Connection[Any], relation: Relation) -> str:
    row = conn.execute(
        sql.SQL("select md5(coalesce(string_agg(r::text, e'\\n' order by r::text), '')) from {} as r").format(
            sql.Identifier(*relation)
        )
    ).fetchone()
    return row[0]


def protection(conn: psycopg.Connection[Any]) -> dict[Relation, tuple[Any, ...]]:
    """Owner, grants, row security and policies of every relation in ``marts``."""
    rows = conn.execute(
        """
        select
            c.relname, c.relkind, c.relrowsecurity, pg_get_userbyid(c.relowner),
            coalesce((select array_agg(a::text order by a::text) from unnest(c.relacl) as a), '{}'),
            (
                select array_agg(p.polname || ': ' || pg_get_expr(p.polqual, p.polrelid) order by p.polname)
                from pg_policy p where p.polrelid = c.oid
            )
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'marts' and c.relkind in ('r', 'p', 'v', 'm')
        order by 1
        """
    ).fetchall()
    return {("marts", name): tuple(rest) for name, *rest in rows}
