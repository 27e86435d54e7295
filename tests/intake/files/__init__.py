"""Small files for intake tests, written where a test wants them."""

from __future__ import annotations

import csv
from pathlib import Path

HEADER = (
    "incident_id",
    "station_id",
    "received_at",
    "dispatched_at",
    "arrived_at",
    "closed_at",
    "initial_type",
    "place",
)


def incident(number: int, **changes: str) -> dict[str, str]:
    """A good incident of station S01, dispatched but not arrived; changed as told."""
    row = {
        "incident_id": f"JQ{number:04d}",
        "station_id": "S01",
        "received_at": f"2025-04-24 08:{number % 60:02d}:00",
        "dispatched_at": f"2025-04-24 09:{number % 60:02d}:00",
        "arrived_at": "",
        "closed_at": "",
        "initial_type": "help",
        "place": "姜山路1号",
    }
    return row | changes


def write_csv(path: Path, rows: list[dict[str, str]], header: tuple[str, ...] | None = None) -> Path:
    """Rows as CSV, with the columns of the first row unless a header is given."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header or tuple(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def stations(path: Path, *ids: str) -> Path:
    """A file of stations under one bureau."""
    rows = [{"station_id": i, "bureau_id": "B1", "name_zh": f"{i}派出所"} for i in ids]
    return write_csv(path, rows)
