"""Whether every metric and every finding rule has both its file and its row: asked before anything is built.

A test of the project asks the same of what was built. It can say that a half is missing, not which.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from closedloop.errors import ClosedloopError
from closedloop.transform.project import DbtProject


@dataclass(frozen=True)
class _Listing:
    """Files ``models/marts/FOLDER/PREFIX<id>.sql``, and rows of a seed by its first column."""

    folder: str
    prefixes: tuple[str, ...]
    seed: str
    guide: str

    def files(self, project: DbtProject) -> dict[str, Path]:
        """The file of each id; the longest prefix that fits a name counts."""
        found = {}
        for stem in project.stems(self.folder, f"{min(self.prefixes, key=len)}*"):
            prefix = max((one for one in self.prefixes if stem.startswith(one)), key=len)
            found[stem.removeprefix(prefix)] = Path("models", "marts", self.folder, f"{stem}.sql")
        return found

    def rows(self, project: DbtProject) -> set[str]:
        """The ids that have a row."""
        with (project.reference / self.seed).open(encoding="utf-8", newline="") as lines:
            return {row[0] for row in list(csv.reader(lines))[1:] if row}


_LISTINGS = (
    _Listing("metrics", ("metric_", "metric_values_"), "metrics.csv", "docs/new-metric.md"),
    _Listing("findings", ("finding_",), "finding_rules.csv", "docs/analyst.md"),
)


def refuse_unlisted(project: DbtProject) -> None:
    """Raise ClosedloopError that names each file without a row and each row without a file, and the mend."""
    lacking = [one for listing in _LISTINGS for one in _lacking(listing, project)]
    if lacking:
        raise ClosedloopError("; ".join(lacking))


def _lacking(listing: _Listing, project: DbtProject) -> Iterator[str]:
    files, rows = listing.files(project), listing.rows(project)
    for id in sorted(files.keys() - rows):
        yield (
            f"{files[id]} has no row in seeds/reference/{listing.seed}: append one whose id is {id}, as "
            f"{listing.guide} says, or remove the file"
        )
    for id in sorted(rows - files.keys()):
        yield (
            f"seeds/reference/{listing.seed} has a row {id}, and models/marts/{listing.folder} has no "
            f"{listing.prefixes[0]}{id}.sql: add the file, as {listing.guide} says, or remove the row"
        )
