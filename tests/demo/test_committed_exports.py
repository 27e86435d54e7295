"""The committed exports are exactly what the generator writes."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from closedloop.demo import COMMITTED_SCALE, COMMITTED_SEED, generate
from closedloop.errors import ClosedloopError
from tests.demo.exports import COMMITTED, content, manifest


def test_the_committed_files_are_what_the_generator_writes(tmp_path: Path) -> None:
    generate(COMMITTED_SCALE, COMMITTED_SEED, tmp_path)
    committed = {p.name for p in COMMITTED.iterdir()}
    assert committed == {p.name for p in tmp_path.iterdir()}
    for name in sorted(committed):
        assert content(COMMITTED / name) == content(tmp_path / name), f"seeds/demo/{name} is not reproducible"


def test_the_committed_files_stay_small_and_say_that_they_are_synthetic() -> None:
    assert sum(p.stat().st_size for p in COMMITTED.iterdir()) <= 9_000_000
    assert manifest()["synthetic"] is True
    assert "synthetic" in (COMMITTED / "README.md").read_text("utf-8")


def test_one_seed_writes_one_city_and_another_seed_another(tmp_path: Path) -> None:
    for folder, seed in (("a", 1), ("b", 1), ("c", 2)):
        generate(0.02, seed, tmp_path / folder)
    for name in (entry["file"] for entry in manifest(tmp_path / "a")["files"]):
        assert content(tmp_path / "a" / name) == content(tmp_path / "b" / name)
    calls = "incidents_2024a.csv.gz"
    assert content(tmp_path / "a" / calls) != content(tmp_path / "c" / calls)


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    precious = tmp_path / "README.md"
    precious.write_text("mine", "utf-8")
    with pytest.raises(ClosedloopError, match="name an empty folder"):
        generate(0.02, 1, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["README.md"]
    assert precious.read_text("utf-8") == "mine"


def test_writing_again_leaves_no_file_of_the_earlier_run(tmp_path: Path) -> None:
    generate(0.02, 1, tmp_path)
    entries = manifest(tmp_path)
    stale = entries["files"][0] | {"file": "incidents_old.csv"}
    entries["files"].append(stale)
    (tmp_path / "incidents_old.csv").write_text("incident_id\n", "utf-8")
    (tmp_path / "manifest.yml").write_text(yaml.safe_dump(entries, allow_unicode=True), "utf-8")
    generate(0.02, 1, tmp_path)
    assert not (tmp_path / "incidents_old.csv").exists()
