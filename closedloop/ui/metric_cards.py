"""Metrics with their course, drawn from the catalogue: a new metric appears here without a line of Python.

One element for all of them: fifteen charts would cost the server fifteen times as much, and a phone too.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache

import streamlit as st

from closedloop.queries.metrics import catalogue, metric_course, period_medians
from closedloop.queries.reading import rows
from closedloop.ui.metric_text import metric_name, shown, unit_name
from closedloop.ui.visit import Visit

#: Days drawn, and days a share or a median rests on: a single day of a small city says little.
COURSE_DAYS = 42
SHARE_DAYS = 7
COHORT_DAYS = 28

_JS = """
export default function (component) {
  const { data, parentElement } = component
  let grid = parentElement.querySelector(".grid")
  if (!grid) {
    grid = document.createElement("div")
    grid.className = "grid"
    parentElement.appendChild(grid)
  }
  const NS = "http://www.w3.org/2000/svg"
  const element = (parent, tag, name, text) => {
    const made = document.createElement(tag)
    if (name) made.className = name
    if (text) made.textContent = text
    parent.appendChild(made)
    return made
  }
  const shape = (parent, tag, attributes) => {
    const made = document.createElementNS(NS, tag)
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
    parent.appendChild(made)
    return made
  }
  const draw = (parent, metric) => {
    const known = metric.values.filter((v) => v !== null)
    if (!known.length) {
      element(parent, "div", "none", metric.none)
      return
    }
    const svg = shape(parent, "svg", { viewBox: "0 0 240 48", preserveAspectRatio: "none", role: "img" })
    svg.setAttribute("aria-label", metric.alt)
    const low = Math.min(...known), high = Math.max(...known), span = high - low || 1
    const x = (i) => 4 + (232 * i) / Math.max(1, metric.values.length - 1)
    const y = (v) => 43 - (38 * (v - low)) / span
    let path = "", pen = "M"
    metric.values.forEach((v, i) => {
      if (v === null) { pen = "M"; return }
      path += pen + x(i).toFixed(1) + " " + y(v).toFixed(1)
      pen = "L"
    })
    shape(svg, "path", { d: path, class: "line", "vector-effect": "non-scaling-stroke" })
    metric.values.forEach((v, i) => {
      if (v === null) return
      const hit = shape(svg, "rect", { x: x(i) - 3, y: 0, width: 6, height: 48, class: "hit" })
      shape(hit, "title", {}).textContent = `${metric.days[i]}: ${metric.said[i]}`
    })
  }
  grid.replaceChildren()
  for (const metric of data.metrics) {
    const card = element(grid, "section", "card")
    element(card, "h4", "", metric.name)
    const line = element(card, "div", "value", metric.value)
    element(line, "small", "", metric.unit)
    element(card, "div", "note", metric.note)
    draw(card, metric)
    const ends = element(card, "div", "ends")
    element(ends, "span", "", metric.first)
    element(ends, "span", "", metric.last)
    const details = element(card, "details", "")
    element(details, "summary", "", data.explain)
    for (const text of metric.explanation) element(details, "p", "", text)
    // The course as a table, made when somebody asks for it: fifteen of them would be heavy.
    details.ontoggle = () => {
      if (!details.open || details.querySelector("table")) return
      const table = element(details, "table", "")
      table.setAttribute("aria-label", metric.alt)
      const row = (parent, tag, texts) => {
        const line = element(parent, "tr", "")
        for (const text of texts) element(line, tag, "", text)
      }
      row(element(table, "thead", ""), "th", [data.day, metric.name])
      const body = element(table, "tbody", "")
      metric.days.forEach((day, i) => row(body, "td", [day, metric.said[i] || "—"]))
    }
  }
}
"""

_CSS = """
:host { display: block; }
.grid {
  display: grid; gap: .75rem; grid-template-columns: repeat(auto-fill, minmax(min(15.5rem, 100%), 1fr));
  font-family: var(--st-font); color: var(--st-text-color);
}
.card {
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius); padding: .6rem .8rem;
  min-width: 0; overflow-wrap: anywhere;
}
h4 { margin: 0; font-size: .92rem; font-weight: 600; }
.value { font-size: 1.6rem; font-weight: 650; font-variant-numeric: tabular-nums; line-height: 1.3; }
.value small { font-size: .85rem; font-weight: 400; opacity: .75; margin-left: .3rem; }
.note { font-size: .8rem; opacity: .78; min-height: 1.2em; }
svg { width: 100%; height: 48px; display: block; margin-top: .3rem; }
.none { min-height: 48px; margin-top: .3rem; font-size: .8rem; opacity: .78; }
.line { fill: none; stroke: #4F8A8B; stroke-width: 2; }
.hit { fill: transparent; }
.hit:hover { fill: var(--st-border-color); fill-opacity: .5; }
.ends { display: flex; justify-content: space-between; font-size: .72rem; opacity: .7; }
details { font-size: .82rem; margin-top: .25rem; }
summary { cursor: pointer; color: var(--st-link-color); min-height: 24px; }
details p { margin: .35rem 0; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td {
  text-align: left; padding: .1rem 0; border-bottom: 1px solid var(--st-border-color); font-weight: 400;
}
th:last-child, td:last-child { text-align: right; }
@media print {
  .grid { grid-template-columns: repeat(5, minmax(0, 1fr)); gap: .2rem; }
  .card { padding: .1rem .3rem; break-inside: avoid; border-color: #ccc; color: #111; }
  h4 { font-size: .58rem; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
  .value { font-size: .85rem; line-height: 1.1; }
  .value small, .note { font-size: .52rem; }
  svg { height: 18px; margin: 0; }
  .none { min-height: 18px; margin: 0; font-size: .52rem; }
  .ends, details { display: none; }
}
"""


@lru_cache(maxsize=1)
def _component():
    return st.components.v2.component("closedloop_metric_cards", css=_CSS, js=_JS)


def metric_cards(visit: Visit, station: str | None = None) -> None:
    """All metrics of the catalogue, with headline, n, course, definition and known defects.

    Of ``station``; without one, of the station the visit has chosen, or of all.
    """
    station = station or visit.station
    last = visit.last_full_day
    first = last - timedelta(days=COURSE_DAYS - 1)
    course = visit.ask(metric_course, first_day=first, last_day=last, station=station)
    since = last - timedelta(days=COHORT_DAYS - 1)
    medians = visit.ask(period_medians, first_day=since, last_day=last, station=station)
    by_metric: dict[str, list[dict]] = {}
    for row in rows(course):
        by_metric.setdefault(row["metric_id"], []).append(row)
    typical = {row["metric_id"]: row for row in rows(medians)}
    cards = [
        _card(
            visit,
            metric,
            by_metric.get(metric["metric_id"], []),
            typical.get(metric["metric_id"]),
            first,
            last,
            _stations_expected(visit, station),
        )
        for metric in visit.ask_rows(catalogue)
    ]
    _component()(
        key="metrics", data={"metrics": cards, "explain": visit.t("Definition and n"), "day": visit.t("Day")}
    )


def _card(
    visit: Visit,
    metric: Mapping,
    days: list[dict],
    typical: Mapping | None,
    first: date,
    last: date,
    expected: int,
) -> dict:
    texts, t = visit.texts, visit.t
    value, n, note = _headline(visit, metric, days, typical, last, expected)
    values, days_shown, texts_shown = [], [], []
    known = {row["metric_date"]: row for row in days}
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        row = known.get(day)
        point = None if row is None or row["value"] is None else float(row["value"])
        values.append(point)
        said = "" if row is None else f"{shown(visit, metric, point)} (n = {texts.number(row['n'])})"
        days_shown.append(texts.day(day))
        texts_shown.append(said)
    name = metric_name(visit, metric)
    explanation = [texts.pick(metric["definition_zh"], metric["definition_en"])]
    if n is not None:
        explanation.append(f"n = {texts.number(n)}")
    defects = texts.pick(metric["known_defects_zh"], metric["known_defects_en"])
    if defects:
        explanation.append(t("Known defects: {defects}", defects=defects))
    loaded = texts.moment(visit.published.default_as_of)
    explanation.append(t("Calendar days; loaded until {moment}.", moment=loaded))
    return {
        "name": name,
        "value": shown(visit, metric, value),
        "unit": unit_name(visit, metric["unit"]),
        "note": note,
        "values": values,
        "days": days_shown,
        "said": texts_shown,
        "none": t("No figure on any of these days"),
        "first": f"{first:%m-%d}",
        "last": f"{last:%m-%d}",
        "alt": t(
            "Course of {name} from {first} to {last}",
            name=name,
            first=texts.day(first),
            last=texts.day(last),
        ),
        "explanation": explanation,
    }


def _headline(
    visit: Visit, metric: Mapping, days: list[dict], typical: Mapping | None, last: date, expected: int
) -> tuple[float | None, float | None, str]:
    """Value, n and the note beside them; no value where nobody reported or n is too small."""
    t, texts = visit.t, visit.texts
    if metric["kind"] == "distribution":
        if typical is None:
            return None, None, t("Nothing reported")
        n, value = typical["observations"], float(typical["median"])
        note = t("median of {days} days, n = {n}", days=COHORT_DAYS, n=texts.number(n))
    elif not days:
        return None, None, t("Nothing reported")
    elif metric["unit"] == "percent":
        span = COHORT_DAYS if metric["kind"] == "cohort" else SHARE_DAYS
        newest = days[-1]["metric_date"]
        window = [row for row in days if row["metric_date"] > newest - timedelta(days=span)]
        n = sum(row["denominator"] for row in window)
        value = sum(row["numerator"] for row in window) / n if n else None
        note = t("{days} days to {last}, n = {n}", days=span, last=f"{newest:%m-%d}", n=texts.number(n))
    else:
        today = days[-1]
        if today["metric_date"] != last:
            return None, None, t("{day} not reported", day=f"{last:%m-%d}")
        value = n = today["value"]
        missing = expected - today["stations"]
        note = t("on {day}", day=f"{last:%m-%d}")
        if missing > 0:
            note += " · " + texts.n("{count} station not reported", "{count} stations not reported", missing)
        # A count rests on itself: 0 is a figure, and not too few cases to say anything.
        return value, n, note
    if n < metric["min_n"]:
        return None, n, t("too few to say (n = {n})", n=texts.number(n))
    return value, n, note


def _stations_expected(visit: Visit, station: str | None) -> int:
    if station is not None or not visit.leads:
        return 1
    return sum(1 for station in visit.names.stations() if station != "UNASSIGNED")
