"""The dbt project on disk: where it lies, what it is told, and the hash that says whether it changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from closedloop.errors import ClosedloopError
from closedloop.settings import Settings

#: What decides a figure: models, macros, tests, their settings, and the reference rows. Prose does not.
_CODE_SUFFIXES = frozenset({".sql", ".yml", ".yaml", ".csv", ".py"})
_PRODUCTS = frozenset({"target", "logs", "dbt_packages"})


@dataclass(frozen=True)
class DbtProject:
    """``directory`` holds ``dbt_project.yml``; ``reference`` the seeds, in ``../seeds/reference``."""

    directory: Path
    reference: Path

    @classmethod
    def of(cls, settings: Settings) -> DbtProject:
        """The project the settings name. Raises ClosedloopError when dbt would read other seeds."""
        project = cls(settings.dbt_project_dir, settings.reference_dir)
        if not (project.directory / "dbt_project.yml").is_file():
            raise ClosedloopError(
                f"{project.directory} holds no dbt_project.yml; set CLOSEDLOOP_DBT_PROJECT_DIR to the "
                "folder that does"
            )
        beside = project.directory.parent / "seeds" / "reference"
        if project.reference.resolve() != beside.resolve():
            raise ClosedloopError(
                f"reference data is expected beside the dbt project, in {beside}, and "
                "CLOSEDLOOP_REFERENCE_DIR says "
                f"{project.reference}; move one of them, or set CLOSEDLOOP_DBT_PROJECT_DIR to the "
                "dbt_project beside it"
            )
        return project

    def stems(self, folder: str, pattern: str) -> list[str]:
        """Sorted file stems of ``models/marts/FOLDER/PATTERN.sql``: a new metric or finding is one file, no
        list.
        """
        return sorted(p.stem for p in (self.directory / "models" / "marts" / folder).glob(f"{pattern}.sql"))

    def variables(self, *, time_zone: str, accept_assumed_limits: bool) -> dict[str, Any]:
        """The dbt vars that shape the figures; the same from build to build unless a file or the warehouse
        changed.
        """
        return {
            "metric_models": self.stems("metrics", "metric_*"),
            "finding_models": self.stems("findings", "finding_*"),
            "time_zone": time_zone,
            "accept_assumed_limits": accept_assumed_limits,
        }

    def code_hash(self, variables: dict[str, Any]) -> str:
        """Hash of models, seeds and vars: equal hashes and equal raw rows give equal marts."""
        digest = hashlib.sha256(json.dumps(variables, sort_keys=True).encode())
        for base in (self.directory, self.reference):
            for path in _code_files(base):
                digest.update(f"\0{path.relative_to(base)}\0".encode())
                digest.update(path.read_bytes())
        return digest.hexdigest()


def _code_files(base: Path) -> Iterator[Path]:
    for path in sorted(base.rglob("*")):
        inside = path.relative_to(base).parts
        if path.suffix in _CODE_SUFFIXES and path.is_file() and not _PRODUCTS.intersection(inside[:-1]):
            yield path
