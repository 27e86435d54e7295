"""Published tables that can be answered from their indexes alone.

An index answers for rows that everybody may see, and only a vacuum notes which those are. The server's own
comes while a build is still at work, when queries older than a new table keep it from noting anything; it
does not come again before a fifth of the table has changed.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import errors, sql

from closedloop.transform.schemas import LONGER_LOCK_TIMEOUT

#: Smaller tables are read whole in a moment: 1 MB.
PAGES = 128
#: Seconds between one try and the next, for what was open when the table was made to end.
PAUSES = (0.0, 0.2, 0.5, 1.0, 2.0)

_UNNOTED = """
select c.relname
from pg_class as c
where
    c.relnamespace = 'marts'::regnamespace and c.relkind = 'r'
    and c.relpages >= %s and c.relallvisible < c.relpages / 2
order by c.relname
"""
#: Who holds back what can be noted: the oldest transaction that wrote, or the oldest view of the rows. Views
#: that began beside such a transaction are as old as it, and not to blame.
_OLDEST = """
select a.application_name || ' (pid ' || a.pid || ', ' || coalesce(a.state, 'unknown') || ')'
from pg_stat_activity as a
where
    a.datname = current_database() and a.pid <> pg_backend_pid()
    and (a.backend_xid is not null or a.backend_xmin is not null)
order by
    greatest(age(a.backend_xid), age(a.backend_xmin)) desc,
    age(a.backend_xid) desc nulls last
limit 1
"""


@dataclass(frozen=True)
class Noted:
    """Names of marts that were vacuumed, and of those among them whose rows could not be noted as visible;
    ``oldest`` is whose open query or transaction is older than those, where there is one."""

    tables: list[str]
    left: list[str]
    oldest: str | None


def note_visible_rows(conn: psycopg.Connection[Any], at_least: int = PAGES) -> Noted:
    """Vacuum the published marts of ``at_least`` pages (8 KiB each) of which most are not noted as visible.

    ``conn`` is the owner's, in autocommit. What is left, because somebody has the table or began to read
    before it was made, is tried again for the seconds of PAUSES.
    """
    tables = left = _unnoted(conn, at_least)
    for pause in PAUSES:
        if not left:
            break
        time.sleep(pause)
        for name in left:
            _vacuum(conn, name)
        left = _unnoted(conn, at_least)
    oldest = conn.execute(_OLDEST).fetchone() if left else None
    return Noted(tables, left, oldest[0] if oldest else None)


def _unnoted(conn: psycopg.Connection[Any], at_least: int) -> list[str]:
    return [name for (name,) in conn.execute(_UNNOTED, [at_least]).fetchall()]


def _vacuum(conn: psycopg.Connection[Any], name: str) -> None:
    conn.execute(sql.SQL("set lock_timeout = {}").format(LONGER_LOCK_TIMEOUT))
    try:
        conn.execute(sql.SQL("vacuum {}").format(sql.Identifier("marts", name)))
    except errors.LockNotAvailable:
        return
    finally:
        conn.execute("reset lock_timeout")
