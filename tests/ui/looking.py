"""What is looked at on an open page: rules of accessibility, width, language, charts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import axe_playwright_python
from playwright.sync_api import Page, TimeoutError

#: axe-core as its Python package carries it.
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")

_RUN = """(only) => axe.run(document, {
        runOnly: only, resultTypes: ["violations"], selectors: false, preload: false,
    })
    .then((found) => found.violations.flatMap((rule) => rule.nodes.map((node) => ({
        rule: rule.id,
        why: node.any.concat(node.all, node.none).map((check) => check.message).join("; "),
        html: node.html.slice(0, 300),
    }))))"""
#: WCAG 2.1, levels A and AA.
_EVERYTHING = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
#: All of it that colours change.
_COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
#: All of it that the length of texts changes: what must be scrolled.
_LENGTHS = {"type": "rule", "values": ["scrollable-region-focusable"]}
_RULES = {"all": _EVERYTHING, "colours": _COLOURS, "lengths": _LENGTHS}

#: How far the document and the page's own scrolling part reach beyond what is visible.
_SIDEWAYS = """() => [document.scrollingElement, document.querySelector("[data-testid=stMain]")]
    .map((part) => part.scrollWidth - part.clientWidth)"""

#: Every chart is drawn: as many as have their figures on the page, for the browser may still be loading what
#: draws them, and then none is in the document.
_DRAWN = """() => {
    const charts = [...document.querySelectorAll("[data-testid=stVegaLiteChart]")]
    return charts.length === document.querySelectorAll(".cl-figures").length
        && charts.every((chart) => chart.querySelector("svg, canvas"))
}"""

#: The colours are those of the scheme, nothing moves any more, and every chart is drawn.
_SHOWN = (
    """(scheme) => {
    const app = document.querySelector("[data-testid=stApp]")
    if (getComputedStyle(app).colorScheme !== scheme) return false
    const moving = document.getAnimations().filter((one) => one.effect?.getTiming().iterations < 9)
    if (moving.some((one) => one.playState === "running")) return false
    return ("""
    + _DRAWN
    + """)()
}"""
)

#: Every text and label that is not marked as data or as code, in shadow roots too; hidden menus included.
_TEXTS = """() => {
    const DATA = "[translate=no], style, script, code, noscript, [data-testid=stDataFrame] table"
    const found = []
    const look = (root) => {
        for (const part of root.querySelectorAll("*")) {
            if (part.closest(DATA)) continue
            for (const name of ["aria-label", "title", "placeholder", "alt"])
                if (part.hasAttribute(name)) found.push(part.getAttribute(name))
            for (const node of part.childNodes)
                if (node.nodeType === Node.TEXT_NODE) found.push(node.nodeValue)
            if (part.shadowRoot) look(part.shadowRoot)
        }
    }
    look(document.body)
    return [document.title, ...found].map((text) => text.trim()).filter(Boolean)
}"""

_CHARTS = """() => [...document.querySelectorAll("[data-testid=stVegaLiteChart]")].map((chart) => {
    const named = chart.querySelector("[role=img], [role=graphics-document], [aria-label]")
    const beside = chart.closest("[data-testid=stElementContainer]").parentElement
    const next = [...beside.querySelectorAll(".cl-figures")].find(
        (figures) => chart.compareDocumentPosition(figures) & Node.DOCUMENT_POSITION_FOLLOWING)
    const below = next?.dataset.table
    const table = below
        ? document.querySelector(`[role=region][aria-label="${CSS.escape(below)}"] table`)
        : next?.querySelector("table")
    return {name: (chart.getAttribute("aria-label") || named?.getAttribute("aria-label") || "").trim(),
            rows: table?.querySelectorAll("tbody tr").length ?? 0}
})"""


def violations(page: Page, rules: Literal["all", "colours", "lengths"] = "all") -> list[str]:
    """Where the page, as it is shown now, breaks a rule of WCAG 2.1 A or AA.

    ``rules`` can be those alone that depend on the colours, or on how long the texts are.
    """
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE)
    found = page.evaluate(_RUN, _RULES[rules])
    return [f"{one['rule']}: {one['why']} {one['html']}" for one in found]


def show(page: Page, width: int, height: int, scheme: str) -> None:
    """Give the open page another window and another time of day, and wait until it looks like that."""
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.wait_for_function(_SHOWN, arg=scheme)


def sideways(page: Page) -> list[int]:
    """Pixels that the document, and the page's scrolling part, are too wide by, and stay so.

    A chart is drawn again when the menu beside it has opened, and is too wide until then.
    """
    try:
        page.wait_for_function(f"() => ({_SIDEWAYS})().every((pixels) => pixels === 0)", timeout=5_000)
    except TimeoutError:
        return page.evaluate(_SIDEWAYS)
    return [0, 0]


def texts_of(page: Page) -> list[str]:
    """Every text and label of the page, data and code left out."""
    return page.evaluate(_TEXTS)


def charts_of(page: Page) -> list[dict]:
    """Every chart, once all are drawn, with its accessible ``name`` and the ``rows`` of its table."""
    page.wait_for_function(_DRAWN)
    return page.evaluate(_CHARTS)


#: Latin in Chinese: numbers of items, units and formats, names of methods, keys.
_LATIN_KEPT = re.compile(
    r"[A-Z]{2,4}-[0-9]+|\bS[0-9]{2}\b|\b[a-z0-9_]+(?:\.(?:csv|xlsx|xls|zip|gz))+\b|\.xls\b|"
    r"\b(?:CSV|XLSX|XLS|ZIP|ODS|HTML|MB|XmR|A4|Ctrl|Tab|Esc|UTF-8|GB18030|Kaplan|Meier|Wilson|Benjamini|Hochberg|"
    r"log|English|Streamlit|Vega|Lite|dbt|SQL|python|closedloop|source_table)\b"
)
_LATIN = re.compile(r"[A-Za-z]{2,}")
_HAN = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")


def untranslated(texts: list[str], language: str, data: frozenset[str]) -> list[str]:
    """The texts with words of the other language that are neither ``data`` nor kept in both languages."""
    found = []
    for text in texts:
        left = text
        for name in data:
            if name in left:
                left = left.replace(name, "")
        if language == "zh":
            left = _LATIN_KEPT.sub("", left)
        elif left.strip("● ◆■▲▼") == "中文":
            continue
        if (_LATIN if language == "zh" else _HAN).search(left):
            found.append(text)
    return found
