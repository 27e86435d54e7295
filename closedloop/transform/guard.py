"""What must be true of the builder before a build, and of the marts before they are published."""

from __future__ import annotations

from typing import Any

import psycopg

from closedloop.errors import ClosedloopError
from closedloop.transform.schemas import PUBLISHED
from closedloop.warehouse.addresses import Urls

Connection = psycopg.Connection[Any]


class GuardError(ClosedloopError):
    """Row security is not as it must be."""


def refuse_blind_builder(conn: Connection) -> None:
    """Raise when row security applies to the builder itself: it would see no rows, and tests would pass."""
    with conn.transaction():
        rows = conn.execute(
            """
            select n.nspname || '.' || c.relname, c.relforcerowsecurity
            from pg_class c
            join pg_namespace n on n.oid = c.relnamespace
            where n.nspname = any (%s)
            and c.relkind in ('r', 'p')
            and (c.relforcerowsecurity or row_security_active(c.oid))
            order by 1
            """,
            [["raw", "ops", "status", *PUBLISHED]],
        ).fetchall()
        user = conn.info.user
    for table, forced in rows:
        if forced:
            raise GuardError(
                f"{table} has FORCE ROW LEVEL SECURITY, under which even the builder sees no rows and "
                "every test passes; "
                f"alter table {table} no force row level security, then: python -m closedloop build"
            )
        raise GuardError(
            f"row security hides rows of {table} from the role {user}, and a builder that sees no rows "
            "passes every test; "
            "CLOSEDLOOP_OWNER_URL must name the owner of the tables"
        )


def refuse_open_marts(conn: Connection, schema: str, addresses: Urls) -> None:
    """Raise when a relation of ``schema`` could be read without a scope, or without a grant by an analyst.

    Tables need row security and a policy for each who reads them, none for everybody; that of the analysts
    asks their grant, and no setting that a person with SQL can set. Views must ask in their reader's name;
    anything else has no place there.
    """
    with conn.transaction():
        rows = conn.execute(
            """
            select
                c.relname,
                case
                    when c.relkind in ('r', 'p') and not c.relrowsecurity then 'it has no row security'
                    when c.relkind = 'v' and not coalesce(c.reloptions @> '{security_invoker=true}', false)
                        then 'it is a view without security_invoker'
                    when c.relkind in ('m', 'f') then 'row security does not reach its kind; make it a table'
                    when c.relkind = 'v' then null
                    when exists (select from pg_policy p where p.polrelid = c.oid and 0 = any (p.polroles))
                        then 'it has a policy for everybody'
                    when not exists (
                        select from pg_policy p
                        where p.polrelid = c.oid and to_regrole(quote_ident(%(reader)s)) = any (p.polroles)
                    )
                        then 'it has no policy for the page server'
                    when %(analysts)s::text is not null and not exists (
                        select from pg_policy p
                        where p.polrelid = c.oid and to_regrole(quote_ident(%(analysts)s)) = any (p.polroles)
                    )
                        then 'it has no policy for analysts'
                    when exists (
                        select from pg_policy p
                        where
                            p.polrelid = c.oid
                            and to_regrole(quote_ident(%(analysts)s)) = any (p.polroles)
                            and (
                                pg_get_expr(p.polqual, p.polrelid) not like '%%access.analyst_stations()%%'
                                or pg_get_expr(p.polqual, p.polrelid) like '%%current_setting%%'
                            )
                    )
                        then 'its policy for analysts asks something else than their grant'
                end as problem
            from pg_class c
            join pg_namespace n on n.oid = c.relnamespace
            where n.nspname = %(schema)s and c.relkind in ('r', 'p', 'v', 'm', 'f')
            order by 1
            """,
            {"schema": schema, "reader": addresses.user("reader"), "analysts": addresses.analysts},
        ).fetchall()
    for relation, problem in rows:
        if problem:
            raise GuardError(
                f"mart {relation} would be readable without a scope, or not by whom it is for: {problem}"
            )
