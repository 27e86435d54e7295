"""Repeat places as rows that lead on, shared by the page and its downloads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pandas as pd

from closedloop.queries.places import PlaceFilter
from closedloop.queries.reading import rows
from closedloop.ui import filters
from closedloop.ui.exports.model import Params
from closedloop.ui.link_list import LinkRow
from closedloop.ui.register_table import local_times
from closedloop.ui.registry import PLACES
from closedloop.ui.visit import Visit

ALL = "all"

#: Repeated calls about these ask for protection. They are never called a nuisance.
PROTECTION = frozenset({"domestic_violence"})


def category_ids(visit: Visit) -> tuple[str, ...]:
    """The categories of incidents in their fixed order, all of them together first."""
    return (ALL, *visit.names.ids("category", "incident"), "unclassified")


def category_name(visit: Visit, category: str) -> str:
    """A category's name; what asks for protection says so."""
    if category == ALL:
        return visit.t("all categories together")
    if category == "unclassified":
        return visit.t("Unclassified")
    name = visit.names.name("category", category)
    return visit.t("{category}: protection signal", category=name) if category in PROTECTION else name


def place_type_name(visit: Visit, place_type: str | None) -> str:
    """A type of place in words; as the export wrote it where it is not known here."""
    t = visit.t
    return {
        None: "",
        "residential": t("Housing"),
        "village": t("Village"),
        "shop": t("Shop"),
        "road": t("Road"),
        "crossroads": t("Crossroads"),
        "mall": t("Mall"),
        "market": t("Market"),
        "restaurant": t("Restaurant"),
        "office": t("Office building"),
        "school": t("School"),
        "site": t("Building site"),
        "night_venue": t("Night venue"),
        "hospital": t("Hospital"),
        "transport": t("Station or stop"),
        "park": t("Park"),
        "waterside": t("Waterside"),
    }.get(place_type, str(place_type))


def read_filter(params: Params, visit: Visit, types: Sequence[str]) -> PlaceFilter:
    """The filter that an address asks for, as far as it names options."""
    return PlaceFilter(
        station=visit.station,
        category=filters.one_of(params.get("category"), category_ids(visit)),
        place_type=filters.one_of(params.get("type"), types),
    )


def filter_words(visit: Visit, wanted: PlaceFilter) -> list[str]:
    """The filters that are set, in words."""
    parts = []
    if wanted.category:
        parts.append(category_name(visit, wanted.category))
    if wanted.place_type:
        parts.append(place_type_name(visit, wanted.place_type))
    return parts


def per_thousand(q: float) -> str:
    """A share of chance in words that are short: ``< 0.1%``, ``3.4%``."""
    return "< 0.1%" if q < 0.001 else f"{q:.1%}"


def expected_words(visit: Visit, expected: float) -> str:
    """An expected count; one that is nearly none says so."""
    return "< 0.1" if expected < 0.05 else visit.texts.number(expected, 1)


def callers_words(visit: Visit, row: dict) -> str:
    """How many called, and again: counts, never who."""
    if not row["callers"]:
        return ""
    words = visit.texts.n("{count} caller", "{count} callers", int(row["callers"]))
    merged = int(row["merged_calls"] or 0)
    if merged:
        words += visit.t(", {n} further calls about the same matter", n=merged)
    return words


def place_rows(visit: Visit, found: pd.DataFrame) -> list[LinkRow]:
    """Places beyond their own expectation; each leads to its own view."""
    t, texts = visit.t, visit.texts
    return [
        LinkRow(
            title=row["place"],
            recorded=True,
            page=PLACES,
            params={"place": str(row["place_id"])},
            standing=t(
                "{calls} calls, {expected} expected",
                calls=int(row["calls"]),
                expected=expected_words(visit, float(row["expected"])),
            ),
            facts=(
                category_name(visit, row["category"]),
                visit.names.station(row["station_id"]),
                place_type_name(visit, row["place_type"]),
                callers_words(visit, row),
                t("chance {q}", q=per_thousand(float(row["q"]))),
                t("directive on {day}", day=texts.day(row["directive_at"].astimezone(texts.zone).date()))
                if row["directive_at"] is not None
                else t("no directive in 30 days"),
            ),
        )
        for row in rows(found)
    ]


def outcome_words(visit: Visit, row: dict) -> str:
    """What came of a warning within 30 days, as far as it is known."""
    t = visit.t
    parts = []
    if row["directive_at"] is not None:
        lead = visit.texts.duration(timedelta(days=float(row["lead_days"])))
        parts.append(t("directive after {duration}", duration=lead))
    if not row["is_outcome_known"]:
        parts.append(t("30 days not over yet"))
    elif row["went_on"]:
        parts.append(t("went on: {n} calls", n=int(row["calls_after"])))
    elif parts:
        parts.append(t("back to usual: {n} calls", n=int(row["calls_after"])))
    else:
        parts.append(t("not borne out: back to usual, {n} calls", n=int(row["calls_after"])))
    return "; ".join(parts)


def warning_frame(visit: Visit, issued: pd.DataFrame) -> pd.DataFrame:
    """Warnings with names instead of ids and local times."""
    return pd.DataFrame(
        {
            "place": issued["place"],
            "issued_at": local_times(visit, issued["issued_at"]),
            "outcome": [outcome_words(visit, row) for row in rows(issued)],
            "category": [category_name(visit, c) for c in issued["category"]],
            "station": [visit.names.station(s) for s in issued["station_id"]],
            "observed": issued["observed"].astype(int),
            "expected": issued["expected"].astype(float).round(2),
            "q": [per_thousand(float(q)) for q in issued["q"]],
            "rule": issued["rule_version"],
        }
    )


def warning_labels(visit: Visit) -> dict[str, str]:
    """Header of each column of :func:`warning_frame`."""
    t = visit.t
    return {
        "place": t("Place"),
        "issued_at": t("Warned at"),
        "outcome": t("What came of it within 30 days"),
        "category": t("Category"),
        "station": t("Station"),
        "observed": t("Calls in 30 days"),
        "expected": t("Expected"),
        "q": t("Chance (q)"),
        "rule": t("Rule"),
    }


def beyond_frame(visit: Visit, found: pd.DataFrame) -> pd.DataFrame:
    """Places beyond their own expectation with names instead of ids."""
    return pd.DataFrame(
        {
            "place": found["place"],
            "category": [category_name(visit, c) for c in found["category"]],
            "station": [visit.names.station(s) for s in found["station_id"]],
            "type": [place_type_name(visit, row["place_type"]) for row in rows(found)],
            "observed": found["calls"].astype(int),
            "expected": found["expected"].astype(float),
            "callers": found["callers"].astype(int),
            "merged": found["merged_calls"].astype(int),
            "p": found["p"].astype(float),
            "q": found["q"].astype(float),
            "warned_at": local_times(visit, found["warned_at"]),
            "directive_at": local_times(visit, found["directive_at"]),
        }
    )


def beyond_labels(visit: Visit) -> dict[str, str]:
    """Header of each column of :func:`beyond_frame`."""
    t = visit.t
    return {
        **warning_labels(visit),
        "type": t("Type of place"),
        "callers": t("Callers (number)"),
        "merged": t("Further calls about the same matter"),
        "p": "p",
        "q": "q",
        "warned_at": t("Last warning"),
        "directive_at": t("Directive in the last 30 days"),
    }
