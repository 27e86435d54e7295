"""Published numbers, kept beside the project and never in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

NUMBERS = Path(__file__).resolve().parents[3] / "shared" / "reference" / "statistics.json"


@pytest.fixture(scope="session")
def published() -> dict[str, Any]:
    if not NUMBERS.is_file():
        pytest.skip(f"no {NUMBERS}: it is not part of the project")
    return json.loads(NUMBERS.read_text(encoding="utf-8"))
