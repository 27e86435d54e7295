"""A list whose every row leads somewhere: to an item, or to a list that explains a number.

Streamlit's own table is a canvas: on a phone it scrolls sideways, and its rows are no links. Here each row is
a real link (it can be copied, or opened in another tab) that wraps on a narrow screen; a plain click stays in
the session. Text is set as text, never as markup, whatever a file may have put into a title.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import streamlit as st

from closedloop.ui.registry import PageEntry
from closedloop.ui.visit import Visit

_JS = """
export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  let list = parentElement.querySelector("ul.rows")
  if (!list) {
    list = document.createElement("ul")
    list.className = "rows"
    parentElement.appendChild(list)
  }
  list.setAttribute("aria-label", data.label || "")
  const put = (parent, name, text, tone) => {
    if (!text) return
    const part = document.createElement("span")
    part.className = name + (tone ? " " + tone : "")
    part.textContent = text
    parent.appendChild(part)
  }
  // What was written down stays as it was, and is read out in its own language.
  const quote = (part) => {
    part.translate = false
    if (/[\\u3400-\\u9fff]/.test(part.textContent)) part.lang = "zh-CN"
  }
  list.replaceChildren(...data.rows.map((row, index) => {
    const item = document.createElement("li")
    const link = document.createElement("a")
    link.href = row.href
    link.className = "row tone-" + row.tone
    put(link, "mark", row.mark, "tone-text")
    put(link, "title", row.title)
    if (row.recorded) quote(link.lastChild)
    put(link, "standing", row.standing, row.urgent ? "urgent" : "")
    const facts = document.createElement("span")
    facts.className = "facts"
    for (const fact of row.facts) {
      put(facts, "fact", fact)
      if (row.recorded_facts.includes(fact)) quote(facts.lastChild)
    }
    link.appendChild(facts)
    link.onclick = (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button !== 0) return
      event.preventDefault()
      setTriggerValue("opened", index)
    }
    item.appendChild(link)
    return item
  }))
}
"""

_CSS = """
:host { display: block; container-type: inline-size; }
ul.rows { list-style: none; margin: 0; padding: 0; font-family: var(--st-font); color: var(--st-text-color); }
li + li { border-top: 1px solid var(--st-border-color-light, var(--st-border-color)); }
a.row {
  display: flex; flex-wrap: wrap; gap: .1rem .75rem; align-items: baseline;
  padding: .45rem .4rem .45rem .7rem;
  color: inherit; text-decoration: none; font-size: .95rem;
  border-left: 4px solid transparent; min-height: 44px; box-sizing: border-box; overflow-wrap: anywhere;
}
a.row:hover, a.row:focus-visible { background: var(--st-secondary-background-color); outline-offset: -2px; }
.mark { font-weight: 600; white-space: nowrap; font-size: .85rem; }
.title { color: var(--st-link-color); flex: 1 1 11rem; }
.standing { white-space: nowrap; margin-left: auto; font-variant-numeric: tabular-nums; }
.standing.urgent { font-weight: 700; }
.facts { flex: 1 0 100%; font-size: .82rem; opacity: .78; display: flex; flex-wrap: wrap; gap: 0 .9rem; }
.tone-red { border-left-color: var(--st-red-color) !important; }
.tone-yellow { border-left-color: var(--st-yellow-color) !important; }
.tone-blue { border-left-color: var(--st-blue-color) !important; }
.tone-red .tone-text { color: var(--st-red-text-color, var(--st-red-color)); }
.tone-yellow .tone-text { color: var(--st-yellow-text-color, var(--st-yellow-color)); }
.tone-blue .tone-text { color: var(--st-blue-text-color, var(--st-blue-color)); }
@media print {
  a.row { min-height: 0; padding: .05rem .2rem .05rem .4rem; font-size: .66rem; gap: 0 .5rem; color: #111; }
  .mark, .facts { font-size: .58rem; }
  .title, .mark { color: #111 !important; }
}
@container (max-width: 420px) {
  .standing { order: -1; }
  .mark { order: -2; }
  .title { flex-basis: 100%; }
  a.row:not(:has(.mark)) .standing { order: 0; }
  a.row:not(:has(.mark)) .title { flex-basis: 60%; }
}
"""


@dataclass(frozen=True)
class LinkRow:
    """One row. ``mark`` names the colour in words; ``tone`` paints it; ``facts`` stand below, in small."""

    title: str
    page: PageEntry
    params: Mapping[str, Any]
    mark: str = ""
    tone: str = "none"
    standing: str = ""
    urgent: bool = False
    facts: Sequence[str] = field(default_factory=tuple)
    #: True where ``title`` is from the records, and so in the records' language.
    recorded: bool = False
    #: Those of ``facts`` that are so too.
    recorded_facts: Sequence[str] = field(default_factory=tuple)


@lru_cache(maxsize=1)
def _component():
    return st.components.v2.component("closedloop_link_list", css=_CSS, js=_JS)


def _follow(key: str, rows: Sequence[LinkRow], shared: Mapping[str, str]) -> None:
    chosen = st.session_state[key].get("opened")
    if isinstance(chosen, int | float) and 0 <= int(chosen) < len(rows):
        row = rows[int(chosen)]
        st.switch_page(str(row.page.file), query_params={**shared, **row.params})


def link_list(visit: Visit, rows: Sequence[LinkRow], *, key: str, label: str) -> None:
    """Show the rows. ``label`` is what assistive technology reads before them."""
    _component()(
        key=key,
        data={
            "label": label,
            "rows": [
                {
                    "href": visit.address(row.page, **row.params),
                    "title": row.title,
                    "recorded": row.recorded,
                    "recorded_facts": list(row.recorded_facts),
                    "mark": row.mark,
                    "tone": row.tone,
                    "standing": row.standing,
                    "urgent": row.urgent,
                    "facts": [fact for fact in row.facts if fact],
                }
                for row in rows
            ],
        },
        on_opened_change=lambda: _follow(key, rows, visit.shared),
    )
