"""Which messages the interface has: read from the source, so that none is forgotten in translation.

Babel's own extractor does not look into f-strings before Python 3.12; the syntax tree does.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog

from closedloop.settings import PROJECT_ROOT

_SOURCES = ("closedloop/ui", "pages")

#: ``t("…")`` says one message; ``n("…", "…", count)`` one for one thing and one for several.
_ONE = {"t"}
_SEVERAL = {"n", "count"}


def _literal(node: ast.AST) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _messages(file: Path) -> Iterator[tuple[int, str | tuple[str, str]]]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
        texts = [_literal(argument) for argument in node.args[:2]]
        if called in _ONE and texts and texts[0]:
            yield node.lineno, texts[0]
        elif called in _SEVERAL and len(texts) == 2 and texts[0] and texts[1]:
            yield node.lineno, (texts[0], texts[1])


def extracted() -> Catalog:
    """Every message in the source of the interface, with the files that say it."""
    catalogue = Catalog(project="closedloop", charset="utf-8")
    for folder in _SOURCES:
        for file in sorted((PROJECT_ROOT / folder).rglob("*.py")):
            for line, message in sorted(_messages(file), key=lambda found: found[0]):
                catalogue.add(message, locations=[(str(file.relative_to(PROJECT_ROOT)), line)])
    return catalogue
