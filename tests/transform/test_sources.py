"""The dbt project reads raw as the contract has it."""

from __future__ import annotations

from closedloop.settings import PROJECT_ROOT
from closedloop.transform.sources import raw_sources


def test_the_dbt_sources_are_the_contracts_tables() -> None:
    written = PROJECT_ROOT / "dbt_project" / "models" / "staging" / "_raw__sources.yml"
    assert written.read_text(encoding="utf-8") == raw_sources(), (
        f"{written.name} is not the contract's; python -m closedloop.transform.sources > {written}"
    )
