"""A dbt project for an analyst: the published marts as sources, a first model in a schema of their own."""

from __future__ import annotations

import shutil
from pathlib import Path

import yaml

from closedloop.errors import ClosedloopError
from closedloop.settings import Settings

TEMPLATE = Path(__file__).parent / "starter"


def write_starter(folder: Path, settings: Settings) -> list[str]:
    """Write the project into ``folder``, which is new or empty; the marts that it names as sources.

    In a folder that holds such a project already only the list of marts is written anew. Raises
    ClosedloopError for a folder that holds anything else.
    """
    listing = folder / "models" / "_marts__sources.yml"
    if not listing.exists():
        if folder.exists() and any(folder.iterdir()):
            raise ClosedloopError(f"{folder} is not empty; name a new folder")
        shutil.copytree(TEMPLATE, folder, dirs_exist_ok=True)
    marts = _marts(settings.dbt_project_dir)
    described = {
        "sources": [
            {
                "name": "marts",
                "description": "What the last published build made; each shows what a grant gives.",
                "tables": [{"name": name, "description": text} for name, text in marts.items()],
            }
        ]
    }
    listing.write_text(
        yaml.safe_dump(described, allow_unicode=True, sort_keys=False, width=110), encoding="utf-8"
    )
    return list(marts)


def _marts(project: Path) -> dict[str, str]:
    """Description of every published mart, by name."""
    found = {}
    for file in sorted((project / "models" / "marts").rglob("*.yml")):
        for model in (yaml.safe_load(file.read_text(encoding="utf-8")) or {}).get("models", []):
            if model.get("config", {}).get("schema", "marts") == "marts":
                found[model["name"]] = " ".join(model.get("description", "").split())
    return dict(sorted(found.items()))
