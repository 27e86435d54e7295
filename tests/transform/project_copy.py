"""A copy of the real dbt project that tests may break, and mend again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from closedloop.settings import PROJECT_ROOT, Settings


@dataclass(frozen=True)
class ProjectCopy:
    """``root`` holds ``dbt_project/`` and ``seeds/reference/``, as the checkout does."""

    root: Path

    @classmethod
    def in_folder(cls, root: Path) -> ProjectCopy:
        """Copy the checkout's project into an empty folder."""
        shutil.copytree(
            PROJECT_ROOT / "dbt_project",
            root / "dbt_project",
            ignore=shutil.ignore_patterns("target", "logs"),
        )
        shutil.copytree(PROJECT_ROOT / "seeds" / "reference", root / "seeds" / "reference")
        return cls(root)

    def of(self, settings: Settings) -> Settings:
        """The same warehouse, built from this copy."""
        return settings.model_copy(update=self.settings())

    def settings(self) -> dict[str, Path]:
        """The two settings that name the copy."""
        return {
            "dbt_project_dir": self.root / "dbt_project",
            "reference_dir": self.root / "seeds" / "reference",
        }

    def environment(self) -> dict[str, str]:
        """The same two for a child process."""
        return {f"CLOSEDLOOP_{name.upper()}": str(path) for name, path in self.settings().items()}

    def seed(self, name: str) -> Path:
        """The file of a seed."""
        return self.root / "seeds" / "reference" / f"{name}.csv"

    def model(self, name: str) -> Path:
        """The file of a model, wherever it lies."""
        (found,) = (self.root / "dbt_project" / "models").rglob(f"{name}.sql")
        return found

    @contextmanager
    def with_text(self, path: Path, text: str) -> Iterator[None]:
        """Inside the block ``path`` (new or not) holds ``text``."""
        before = path.read_text(encoding="utf-8") if path.exists() else None
        path.write_text(text, encoding="utf-8")
        try:
            yield
        finally:
            if before is None:
                path.unlink()
            else:
                path.write_text(before, encoding="utf-8")

    def with_column(self, model: str, column: str, data_type: str) -> AbstractContextManager[None]:
        """Inside the block the contract of ``model`` has one more column."""
        for path in (self.root / "dbt_project" / "models").rglob("*.yml"):
            described = yaml.safe_load(path.read_text(encoding="utf-8"))
            for entry in (described or {}).get("models", []):
                if entry["name"] == model:
                    entry["columns"].append(
                        {"name": column, "data_type": data_type, "description": "Planted by a test."}
                    )
                    return self.with_text(
                        path, yaml.safe_dump(described, allow_unicode=True, sort_keys=False)
                    )
        raise LookupError(f"no YAML describes {model}")
