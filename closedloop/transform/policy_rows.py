"""A policy row that has judged anything is never edited: a deadline belongs to the moment it started.

Before anything is built, the policy file is compared with the published policy. A row that published
deadlines were judged by may end (``valid_to`` set where there was none, after the last deadline it started)
and be renamed; every other difference would rewrite verdicts that were already given, and is refused.
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
_LABELS = frozenset({"target_name_zh", "target_name_en"})
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


class PolicyEdited(ClosedloopError):
    """A policy row in use was edited or removed."""


def refuse_edited_policies(conn: psycopg.Connection[Any], file: Path, time_zone: str) -> None:
    """Raise PolicyEdited, naming the row and the mend, when a row of ``file`` differs from one that is in
    use.
    """
    in_file = _rows_of(file)
    for row, last_started in _rows_in_use(conn, time_zone):
        problem = _difference(row, in_file.get(row["policy_id"]), last_started)
        if problem:
            raise PolicyEdited(
                f"{file.name}, policy {row['policy_id']}: {problem}, but published deadlines were judged "
                "by it "
                f"(the last one started on {last_started}), and a used row is never changed. Put the row "
                "back as it was, "
                f"give it a valid_to after {last_started}, and add a new row with another policy_id "
                "valid from that day"
            )


def _rows_of(file: Path) -> dict[str, dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return {row["policy_id"]: row for row in csv.DictReader(lines)}


def _rows_in_use(conn: psycopg.Connection[Any], time_zone: str) -> list[tuple[dict[str, Any], date]]:
    """Published policy rows with the local date on which the last deadline judged by each started."""
    with conn.transaction():
        there = conn.execute(
            "select to_regclass('reference.sla_policy') is not null and "
            "to_regclass('marts.fct_sla_targets') is not null"
        ).fetchone()
        if not there or not there[0]:
            return []
        return conn.execute(
            """
            with used as (
                select policy_id, max((started_at at time zone %s)::date) as last_started
                from marts.fct_sla_targets
                group by policy_id
            )
            select to_jsonb(sla_policy), used.last_started
            from reference.sla_policy
            join used using (policy_id)
            order by policy_id
            """,
            [time_zone],
        ).fetchall()


def _difference(published: dict[str, Any], in_file: dict[str, str] | None, last_started: date) -> str | None:
    if in_file is None:
        return "the row was removed"
    for column, value in published.items():
        if column in _LABELS or column not in in_file:
            continue
        before, after = _plain(value), _plain(in_file[column])
        if before == after:
            continue
        if column == "valid_to" and not before:
            if _is_day_after(after, last_started):
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
