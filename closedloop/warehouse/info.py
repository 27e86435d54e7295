"""Facts about the whole warehouse: whether it is the demo, and the time zone its days are counted in.

``demo`` is ``true`` for the synthetic city, ``loading`` while that is being loaded (and after a load of it
that was cut short), ``false`` for everything else. ``refresh`` is what the last ``closedloop refresh`` did,
as JSON.
"""

from __future__ import annotations

from typing import Literal

import psycopg

Key = Literal["demo", "time_zone", "refresh"]


def get_info(connection: psycopg.Connection, key: Key) -> str | None:
    """The fact, or None when it was never said. Owner or loader."""
    row = connection.execute("select value from ops.warehouse_info where key = %s", [key]).fetchone()
    return row[0] if row else None


def set_info(connection: psycopg.Connection, key: Key, value: str) -> None:
    """State the fact; commits with the connection. Owner or loader."""
    connection.execute(
        """
        insert into ops.warehouse_info (key, value)
        values (%s, %s)
        on conflict (key) do update set value = excluded.value
        """,
        [key, value],
    )


def is_demo(connection: psycopg.Connection) -> bool:
    """True for the synthetic city: there assumed limits count as confirmed, and demo identities exist."""
    return get_info(connection, "demo") == "true"
