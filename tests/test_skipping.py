"""A lane that cannot run says so; where everything is required, that is a failure."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from closedloop.settings import PROJECT_ROOT

LANES = {
    "in_a_test": """
import pytest
def test_lane():
    pytest.skip("no server for a test")
""",
    "in_a_fixture": """
import pytest
@pytest.fixture
def server():
    pytest.skip("no server for a fixture")
def test_lane(server):
    pass
""",
    "in_a_module": """
import pytest
pytest.skip("no server for a module", allow_module_level=True)
""",
    "in_a_known_defect": """
import pytest
@pytest.mark.xfail(strict=True)
def test_known():
    assert False
""",
}
REASONS = ("no server for a test", "no server for a fixture", "no server for a module")


def _pytest(folder: Path, require_all: str) -> subprocess.CompletedProcess[str]:
    options = ["-p", "tests.conftest", "-p", "no:cacheprovider", "-c", os.devnull, "-ra"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, "--continue-on-collection-errors", str(folder)],
        cwd=PROJECT_ROOT,
        env=os.environ | {"REQUIRE_ALL": require_all},
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_a_skip_is_visible_and_a_failure_where_everything_is_required(tmp_path: Path) -> None:
    for name, code in LANES.items():
        (tmp_path / f"test_{name}.py").write_text(code)

    lenient = _pytest(tmp_path, "")
    assert lenient.returncode == 0, lenient.stdout
    assert "3 skipped, 1 xfailed" in lenient.stdout
    for reason in REASONS:
        assert reason in lenient.stdout

    strict = _pytest(tmp_path, "1")
    assert strict.returncode == 1, strict.stdout
    for reason in REASONS:
        assert f"REQUIRE_ALL=1, and this was skipped: {reason}" in strict.stdout
    assert "1 xfailed" in strict.stdout and "passed" not in strict.stdout
