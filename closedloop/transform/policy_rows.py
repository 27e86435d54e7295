"""A policy row that has judged anything is never edited: a deadline belongs to the moment it started.

Before anything is built, the policy file is compared with the published policy. A row that published
deadlines were judged by may end (``valid_to`` set where there was none, after the last deadline it started)
and be renamed; every other difference would rewrite verdicts that were already given, and is refused. Only a
limit that nobody had confirmed gave no verdict, and may be confirmed as it stands.
"""

from __future__ import annotations

import csv
import re
from datetime import date
from pathlib import Path
from typing import Any

import psycopg

from closedloop.errors import ClosedloopError

#: Wording, which judges nothing.
_LABELS = frozenset({"target_name_zh", "target_name_en", "assumed"})
#: What confirms a limit and changes no deadline.
_CONFIRMATION = frozenset({"confirmed_by", "doc_no"})
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


class PolicyEdited(ClosedloopError):
    """A policy row in use was edited or removed."""


def refuse_edited_policies(conn: psycopg.Connection[Any], file: Path, time_zone: str) -> None:
    """Raise PolicyEdited, naming the row and the mend, when a row of ``file`` differs from one that is in
    use.
    """
    in_file = _rows_of(file)
    changed = [row for row in _published_rows(conn) if _difference(row, in_file.get(row["policy_id"]))]
    last_started = _last_started(conn, [row["policy_id"] for row in changed], time_zone)
    for row in changed:
        day = last_started.get(row["policy_id"])
        problem = day and _difference(row, in_file.get(row["policy_id"]), may_end_after=day)
        if problem:
            raise PolicyEdited(
                f"{file.name}, policy {row['policy_id']}: {problem}, but published deadlines were judged "
                "by it "
                f"(the last one started on {day}), and a used row is never changed. Put the row "
                "back as it was, "
                f"give it a valid_to after {day}, and add a new row with another policy_id "
                "valid from that day"
            )


def _rows_of(file: Path) -> dict[str, dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return {row["policy_id"]: row for row in csv.DictReader(lines)}


def _published_rows(conn: psycopg.Connection[Any]) -> list[dict[str, Any]]:
    """The rows as the file had them, and ``is_confirmed``: whether they were taken for confirmed, as in the
    demo all are."""
    with conn.transaction():
        there = conn.execute(
            "select to_regclass('reference.sla_policy') is not null and "
            "to_regclass('marts.fct_sla_targets') is not null, "
            "to_regclass('marts.dim_sla_policy') is not null"
        ).fetchone()
        if not there or not there[0]:
            return []
        found = conn.execute("select to_jsonb(sla_policy) from reference.sla_policy order by policy_id")
        rows = [row for (row,) in found.fetchall()]
        # Where nobody says, a row may have judged.
        asked = "select policy_id from marts.dim_sla_policy where not is_confirmed" if there[1] else None
        unconfirmed = {policy for (policy,) in conn.execute(asked).fetchall()} if asked else set()
    return [row | {"is_confirmed": row["policy_id"] not in unconfirmed} for row in rows]


def _last_started(conn: psycopg.Connection[Any], policies: list[str], time_zone: str) -> dict[str, date]:
    """The local date on which the last deadline judged by each of ``policies`` started; unused ones have
    none. Looks through every deadline: to be asked for what was changed alone."""
    if not policies:
        return {}
    with conn.transaction():
        found = conn.execute(
            """
            select policy_id, max((started_at at time zone %s)::date)
            from marts.fct_sla_targets
            where policy_id = any (%s)
            group by policy_id
            """,
            [time_zone, policies],
        )
        return dict(found.fetchall())


def _difference(
    published: dict[str, Any], in_file: dict[str, str] | None, *, may_end_after: date | None = None
) -> str | None:
    """What makes a row another one; ``may_end_after`` the day of its last deadline it is allowed to end."""
    if in_file is None:
        return "the row was removed"
    free = _LABELS if published["is_confirmed"] else _LABELS | _CONFIRMATION
    for column, value in published.items():
        if column in free or column not in in_file:
            continue
        before, after = _plain(value), _plain(in_file[column])
        if before == after:
            continue
        if column == "valid_to" and not before:
            if may_end_after and _is_day_after(after, may_end_after):
                continue
            return f"valid_to was set to {after}, which ends it too early"
        return f"{column} was changed from {before or 'empty'} to {after or 'empty'}"
    return None


def _is_day_after(text: str, day: date) -> bool:
    try:
        return date.fromisoformat(text) > day
    except ValueError:
        return False


def _plain(value: Any) -> str:
    """One spelling per value, whether it comes typed from the database or as text from the file."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    text = str(value).strip()
    if _NUMBER.fullmatch(text):
        return f"{float(text):g}"
    return {"true": "1", "false": "0", "t": "1", "f": "0"}.get(text.lower(), text)
