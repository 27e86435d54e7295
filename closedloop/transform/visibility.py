"""Published tables that can be answered from their indexes alone.

An index answers for rows that everybody may see, and only a vacuum notes which those are. The server's own
comes while a build is still at work, when queries older than a new table keep it from noting anything; it
does not come again before a fifth of the table has changed.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

#: Smaller tables are read whole in a moment: 1 MB.
PAGES = 128

_UNNOTED = """
select c.relname
from pg_class as c
where
    c.relnamespace = 'marts'::regnamespace and c.relkind = 'r'
    and c.relpages >= %s and c.relallvisible < c.relpages / 2
order by c.relname
"""


def note_visible_rows(conn: psycopg.Connection[Any], at_least: int = PAGES) -> list[str]:
    """Vacuum the published marts of ``at_least`` pages (8 KiB each) of which most are not noted as visible.

    Returns their names. ``conn`` is the owner's, in autocommit; a table that somebody changes is left out.
    What is left, as by a transaction that began within the build and has only just ended, is tried once more.
    """
    tables = _vacuumed(conn, at_least)
    if tables:
        _vacuumed(conn, at_least)
    return tables


def _vacuumed(conn: psycopg.Connection[Any], at_least: int) -> list[str]:
    tables = [name for (name,) in conn.execute(_UNNOTED, [at_least]).fetchall()]
    for name in tables:
        conn.execute(sql.SQL("vacuum (skip_locked) {}").format(sql.Identifier("marts", name)))
    return tables
