"""What can be used is described, and what the documents say is there is there."""

from __future__ import annotations

import ast
import csv
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

from closedloop.cli.logins import PASSWORD_VARIABLE
from closedloop.cli.registry import command_line
from closedloop.settings import PROJECT_ROOT, Settings
from tests.described import MODELS, models

DOCUMENTS = sorted(
    [PROJECT_ROOT / name for name in ("README.md", "DECISIONS.md", "CHANGELOG.md")]
    + list((PROJECT_ROOT / "docs").rglob("*.md"))
)
#: Wording of the rows that pages and readers are shown.
WORDED = {
    "metrics.csv": ("name_zh", "name_en", "definition_zh", "definition_en"),
    "finding_rules.csv": ("name_zh", "name_en", "definition_zh", "definition_en", "mend_zh", "mend_en"),
    "loops.csv": ("name_zh", "name_en", "closing_verb_zh", "closing_verb_en"),
    "loop_stages.csv": ("name_zh", "name_en", "verb_zh", "verb_en"),
    "moves.csv": ("name_zh", "name_en"),
    "sla_policy.csv": ("target_name_zh", "target_name_en"),
    "severities.csv": ("name_zh", "name_en"),
    "departments.csv": ("name_zh", "name_en"),
    "categories.csv": ("name_zh", "name_en"),
}


@cache
def described() -> dict[str, dict[str, Any]]:
    """Every model that a YAML file of the project describes, by name."""
    return {model["name"]: model for model in models()}


def test_every_model_is_described() -> None:
    there = {path.stem for path in MODELS.rglob("*.sql")}
    assert there == set(described())
    assert [name for name, model in described().items() if not (model.get("description") or "").strip()] == []


def test_every_column_of_a_built_warehouse_is_described(city) -> None:
    with city.connect() as connection:
        built = connection.execute(
            """
            select relname, attname::text
            from pg_attribute
            join pg_class on pg_class.oid = attrelid
            where
                relnamespace in ('staging'::regnamespace, 'intermediate'::regnamespace, 'marts'::regnamespace)
                and relkind in ('r', 'p', 'v', 'm')
                and attnum > 0
                and not attisdropped
            """
        ).fetchall()
    columns = {
        (name, column["name"])
        for name, model in described().items()
        for column in model.get("columns", [])
        if (column.get("description") or "").strip()
    }
    assert len(built) > 500
    assert sorted(set(built) - columns) == []


@pytest.mark.parametrize("name", WORDED)
def test_every_row_that_is_shown_has_its_words_in_both_languages(name: str) -> None:
    with (PROJECT_ROOT / "seeds" / "reference" / name).open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert rows
    lacking = [
        (number, field) for number, row in enumerate(rows, 2) for field in WORDED[name] if not row[field]
    ]
    assert lacking == []


def test_every_public_function_and_class_says_what_it_is_for() -> None:
    silent = []
    for path in sorted((PROJECT_ROOT / "closedloop").rglob("*.py")):
        if "migrations" not in path.parts:
            module = ast.parse(path.read_text())
            where = str(path.relative_to(PROJECT_ROOT))
            silent += [where] if ast.get_docstring(module) is None else []
            silent += [f"{where}: {name}" for name in _silent_in(module)]
    assert silent == []


def _silent_in(parent: ast.Module | ast.ClassDef, prefix: str = "") -> list[str]:
    silent = []
    for node in parent.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            # What a framework calls, and what a parent class describes, is its own.
            inherited = prefix and isinstance(parent, ast.ClassDef) and parent.bases
            if node.name.startswith("_") or inherited or _is_overload(node):
                continue
            if ast.get_docstring(node) is None:
                silent.append(prefix + node.name)
            if isinstance(node, ast.ClassDef):
                silent += _silent_in(node, f"{node.name}.")
    return silent


def _is_overload(node: ast.AST) -> bool:
    return any(
        isinstance(name, ast.Name) and name.id == "overload" for name in getattr(node, "decorator_list", [])
    )


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    text = document.read_text()
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not re.match(r"[a-z]+:|#", target):
            assert (document.parent / target.partition("#")[0]).exists(), target


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_files_and_tests_that_are_named_exist(document: Path) -> None:
    roots = "tests|closedloop|docs|dbt_project|seeds|deploy|benchmarks|pages"
    for name in set(re.findall(rf"`((?:{roots})/[\w./-]+\w)(?:::\w+)?/?`", document.read_text())):
        assert (PROJECT_ROOT / name).exists() or list(PROJECT_ROOT.glob(f"{name}*")), name
    for name in set(re.findall(r"\btest_\w+(?:\.py)?", document.read_text())):
        assert _is_test(name), name


def test_every_promise_of_security_names_its_test() -> None:
    text = (PROJECT_ROOT / "docs" / "security.md").read_text()
    tables = [part for part in text.split("\n\n") if part.startswith("| ")]
    promises = [
        row for table in tables if "shown by" in table or "tried" in table for row in table.splitlines()[2:]
    ]
    assert len(promises) > 20
    assert [
        row[:60] for row in promises if "`tests/" not in row.rsplit("|", 2)[1] and "the same" not in row
    ] == []


@cache
def _tests() -> tuple[frozenset[str], str]:
    files = sorted((PROJECT_ROOT / "tests").rglob("*.py"))
    return frozenset(path.name for path in files), "\n".join(path.read_text() for path in files)


def _is_test(name: str) -> bool:
    files, text = _tests()
    return name in files or f"{name}.py" in files or f"def {name}(" in text


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands_and_their_options_exist(document: Path) -> None:
    for line in re.findall(r"(?:python -m |`)closedloop ([a-z][^\n`#;]*)", document.read_text()):
        words = line.replace("`", "").split()
        command, words = _command(words)
        known = {option for parameter in command.params for option in parameter.opts}
        extra = command.context_settings.get("ignore_unknown_options", False)
        asked = {word.strip("[].,)").partition("=")[0] for word in words if word.lstrip("[").startswith("--")}
        asked = {option.lstrip("[") for option in asked}
        assert extra or asked <= known | {"--help"}, f"closedloop {line}: {asked - known}"


def _command(words: list[str]):
    """The command that the first words name, and what follows it."""
    group = command_line()
    context = typer.Context(group)
    name = words[0].strip("|,.)")
    command = group.get_command(context, name)
    assert command is not None, f"closedloop {name}: no such command"
    rest = words[1:]
    while hasattr(command, "commands") and rest:
        below = rest[0].partition("|")[0].strip(",.)")
        assert below in command.commands, f"closedloop {name} {below}: no such command"
        command, name, rest = command.commands[below], f"{name} {below}", rest[1:]
    return command, rest


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_settings_that_are_named_exist(document: Path) -> None:
    known = {f"CLOSEDLOOP_{name.upper()}" for name in Settings.model_fields} | {
        "CLOSEDLOOP_SECRETS_DIR",
        PASSWORD_VARIABLE,
    }
    named = set(re.findall(r"\bCLOSEDLOOP_[A-Z][A-Z_]*[A-Z]\b", document.read_text()))
    assert named - known == set()


def test_every_command_is_told_of() -> None:
    told = "\n".join(path.read_text() for path in DOCUMENTS)
    names = command_line().list_commands(typer.Context(command_line()))
    assert [name for name in names if f"`{name}`" not in told and f"closedloop {name}" not in told] == []
