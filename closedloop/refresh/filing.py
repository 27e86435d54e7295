"""Moving what was loaded out of the inbox, and the report that lies beside it.

A kill may fall between any two steps, so the order is: the report under a hidden name, the file by one
rename, the report's own name by another. :func:`tidy` finishes what a kill left.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from closedloop.intake import BatchReport, LoadReport
from closedloop.refresh.deliveries import legible
from closedloop.refresh.inbox import Arrival, Inbox

REPORT = ".report.json"

#: Bad rows that are named in a report; all of them: ``quarantine list``.
SHOWN = 20
#: A file system's limit for a name is 255 bytes; stamp, number and ending of the report need their part.
_NAME_BYTES = 215


def tidy(inbox: Inbox) -> None:
    """Give every moved file the report a kill kept from it, and drop reports of files that never moved."""
    for folder in (inbox.done, inbox.failed):
        for hidden in folder.glob(f".*{REPORT}"):
            shown = folder / hidden.name.removeprefix(".")
            if (folder / shown.name.removesuffix(REPORT)).exists():
                hidden.replace(shown)
            else:
                hidden.unlink()


def file_away(
    inbox: Inbox, arrival: Arrival, reports: Sequence[LoadReport], now: datetime | None = None
) -> Path:
    """Move an arrival to ``done``, or to ``failed`` when any file of it was refused; return where it is.

    Raises OSError when it cannot be moved; it then is where it was.
    """
    now = (now or datetime.now(UTC)).astimezone(UTC)
    folder = inbox.done if all(report.ok for report in reports) else inbox.failed
    target = _free(folder, f"{now:%Y%m%dT%H%M%SZ}_{_short(legible(arrival.path.name))}")
    report = folder / f"{target.name}{REPORT}"
    hidden = folder / f".{report.name}"
    text = json.dumps(_as_json(arrival, reports, now), ensure_ascii=False, indent=1)
    hidden.write_text(text + "\n", encoding="utf-8")
    hidden.chmod(0o600)
    arrival.path.rename(target)
    hidden.rename(report)
    return target


def _free(folder: Path, name: str) -> Path:
    """A name nothing has yet: two files of one name in one second are told apart by a number."""
    path, number = folder / name, 1
    while path.exists() or path.is_symlink():
        number += 1
        path = folder / name.replace("Z_", f"Z-{number}_", 1)
    return path


def _short(name: str) -> str:
    raw = name.encode()
    if len(raw) <= _NAME_BYTES:
        return name
    ending = raw[-40:].decode(errors="ignore")
    return raw[: _NAME_BYTES - 44].decode(errors="ignore") + "…" + ending


def _as_json(arrival: Arrival, reports: Sequence[LoadReport], now: datetime) -> dict[str, Any]:
    return {
        "name": legible(arrival.path.name),
        "at": now.isoformat(timespec="seconds"),
        "result": "done" if all(report.ok for report in reports) else "failed",
        "files": [facts(report) for report in reports],
    }


def facts(report: LoadReport) -> dict[str, Any]:
    """What became of one file: the counts of each table, or why nothing was loaded."""
    return {
        "file": report.file,
        "result": "loaded" if report.ok else "refused",
        "sentence": sentence(report),
        **({"refused_zh": report.refused_zh} if report.refused_zh else {}),
        "tables": [_batch(batch) for batch in report.batches],
        "warnings": list(report.warnings),
        "dropped_columns": list(report.dropped_columns),
        "seconds": round(report.seconds, 3),
    }


def _batch(batch: BatchReport) -> dict[str, Any]:
    c = batch.counts
    return {
        "table": batch.table,
        "batch_id": batch.batch_id,
        "read": c.read,
        "accepted": c.accepted,
        "unchanged": c.unchanged,
        "quarantined": c.quarantined,
        "withdrawn": c.retracted,
        "stage_events": c.derived_events,
        "bad_rows": [
            {"row": row.row, "reasons": [[reason.message_en, reason.message_zh] for reason in row.reasons]}
            for row in batch.bad[:SHOWN]
        ],
    }


def sentence(report: LoadReport) -> str:
    """One line about one file."""
    if not report.ok:
        return f"refused: {report.refused}"
    parts = []
    for batch in report.batches:
        c = batch.counts
        part = f"{batch.table} {c.read:,} read, {c.accepted:,} accepted, {c.unchanged:,} unchanged"
        part += f", {c.quarantined:,} quarantined" if c.quarantined else ""
        parts.append(part + (f", {c.retracted:,} withdrawn" if c.retracted else ""))
    if not report.total("accepted") and not report.total("retracted") and not report.quarantined:
        parts.append("nothing in it is new")
    return "; ".join(parts)
