"""The dbt project reads raw as the contract has it."""

from __future__ import annotations

from closedloop.intake.contract import TABLES, business_columns
from closedloop.settings import PROJECT_ROOT
from closedloop.transform.contract_page import contract_page
from closedloop.transform.sources import raw_sources


def test_the_dbt_sources_are_the_contracts_tables() -> None:
    written = PROJECT_ROOT / "dbt_project" / "models" / "staging" / "_raw__sources.yml"
    assert written.read_text(encoding="utf-8") == raw_sources(), (
        f"{written.name} is not the contract's; python -m closedloop.transform.sources > {written}"
    )


def test_the_page_of_the_contract_is_what_the_contract_says() -> None:
    written = (PROJECT_ROOT / "docs" / "contract.md").read_text(encoding="utf-8")
    assert written == contract_page(), "run: python -m closedloop.transform.contract_page > docs/contract.md"
    for table in TABLES.values():
        section = written.split(f"## `{table.name}`\n")[1].split("\n## ")[0]
        rows = [line.split(" | ") for line in section.splitlines() if line.startswith("| `")]
        assert [(row[0], row[1], "required" in row[3]) for row in rows] == [
            (f"| `{c.name}`", c.info["zh"], not c.nullable) for c in business_columns(table)
        ]
        assert all(row[4].strip() for row in rows), "a field without a meaning"
