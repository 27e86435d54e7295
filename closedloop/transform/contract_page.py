"""``docs/contract.md``, written from the contract, the synonyms and what the staging models say of each
column, so that no second list exists.

After a change of one of them::

    python -m closedloop.transform.contract_page > docs/contract.md
"""

from __future__ import annotations

import re
import sys

import yaml
from sqlalchemy import Boolean, Column, Date, DateTime, Double, Integer, Numeric, Table

from closedloop.intake.contract import TABLES, business_columns, key_of
from closedloop.intake.mapping.synonyms import synonyms
from closedloop.settings import PROJECT_ROOT

PROJECT = PROJECT_ROOT / "dbt_project"
STAGING = PROJECT / "models" / "staging" / "_staging__models.yml"

_HEAD = """\
# The contract: what a file may hold

Written by `python -m closedloop.transform.contract_page`: do not edit.

A file fills one table. A column is known by its **field** or its **header** below, letter case
aside, and needs no mapping then. The **other names** are those that `python -m closedloop
mapping suggest FILE` and the Data page know: they make a draft of a mapping, which somebody
checks. Every other column is dropped and named in the report.

* **required**: a file without the column is refused; a row in which it is blank goes to
  quarantine. The first field is the key: rows of the same key are versions of one row.
* A column that the file does not have says nothing, and known rows keep what they had; a blank
  cell says blank.
* *time*: a date with a time of day, `2025-04-25 08:30:00` or as exports write it, in the zone
  of the mapping or the warehouse. *date*: `2025-04-25`. *yes or no*: 1/0, 是/否, true/false.
* *id*: a number of the source's own, as text; the shape of a telephone or identity number is
  refused, unless a mapping says `own_numbering: true`.

How files are loaded: [operator.md](operator.md). Mappings: [mappings/README.md](mappings/README.md).
"""
_TYPES = (
    (DateTime, "time"),
    (Date, "date"),
    (Boolean, "yes or no"),
    (Double, "number"),
    (Numeric, "amount"),
    (Integer, "whole number"),
)
_DOCUMENT = re.compile(r"\{% docs (\w+) %\}(.*?)\{% enddocs %\}", re.S)
_QUOTED = re.compile(r"\{\{ doc\('(\w+)'\) \}\}")


def contract_page() -> str:
    """The page as Markdown: a section per table in the order of loading, a row per field."""
    said = _descriptions()
    parts = [_HEAD]
    for table in TABLES.values():
        parts.append(f"\n## `{table.name}`\n\n{_of_a_row(table)}\n\n")
        parts.append("| field | header | type | | means | other names |\n|---|---|---|---|---|---|\n")
        parts += [_row(table, column, said) for column in business_columns(table)]
    return "".join(parts)


def _of_a_row(table: Table) -> str:
    comment = (table.comment or "").replace("One row per version of ", "A row is ")
    return f"{comment} Key: `{key_of(table)}`."


def _row(table: Table, column: Column, said: dict[tuple[str, str], str]) -> str:
    own = (column.name, column.info["zh"])
    others = [name for name in synonyms(table.name)[column.name] if name not in own]
    cells = (
        f"`{column.name}`",
        column.info["zh"],
        next((name for kind, name in _TYPES if isinstance(column.type, kind)), _text_type(column)),
        "" if column.nullable else "**required**",
        " ".join((said[table.name, column.name], *_rules(column))),
        "、".join(others),
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _text_type(column: Column) -> str:
    return "id" if column.info.get("identifier") else "text"


def _rules(column: Column) -> list[str]:
    """What the contract asks of the values, as sentences."""
    info, rules = column.info, []
    if info.get("stage"):
        stage = "the first stage of its loop" if info["stage"] == "@first" else f"the stage `{info['stage']}`"
        rules.append(f"Becomes the event of {stage}.")
    if info.get("choices"):
        rules.append(f"One of {', '.join(f'`{choice}`' for choice in info['choices'])}.")
    match info.get("refers") or info.get("soft_choices"):
        case "stations":
            rules.append("A `station_id` of `stations`; an unknown one is kept and shown as `UNASSIGNED`.")
        case "stages":
            rules.append("An id or Chinese name in `seeds/reference/loop_stages.csv`, of its loop.")
        case "categories":
            rules.append(
                "An id or Chinese name in `seeds/reference/categories.csv`; another is kept as 未归类."
            )
        case str(seed):
            rules.append(f"An id or Chinese name in `seeds/reference/{seed}.csv`; another is set aside.")
    if info.get("masked"):
        rules.append("Telephone and identity numbers in it are masked.")
    if info.get("pseudonym"):
        rules.append("Becomes a keyed hash before anything is written.")
    return rules


def _descriptions() -> dict[tuple[str, str], str]:
    """What the staging models say of the columns, by table and column."""
    documents = {
        name: text
        for path in sorted((PROJECT / "docs").rglob("*.md"))
        for name, text in _DOCUMENT.findall(path.read_text("utf-8"))
    }
    models = yaml.safe_load(STAGING.read_text("utf-8"))["models"]
    return {
        (model["name"].removeprefix("stg_"), column["name"]): " ".join(
            _QUOTED.sub(lambda found: documents[found[1]], column["description"]).split()
        )
        for model in models
        for column in model["columns"]
    }


if __name__ == "__main__":
    sys.stdout.write(contract_page())
