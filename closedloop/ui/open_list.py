"""The filters and columns of the open list, shared by its page and its download: they cannot differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from closedloop.queries.reading import rows
from closedloop.queries.standing import JUDGEMENTS, OpenFilter
from closedloop.ui import filters
from closedloop.ui.exports.model import Params
from closedloop.ui.ignored import ignored_names, ignored_values, named
from closedloop.ui.likely import basis_text, chance_text
from closedloop.ui.period import opened_text
from closedloop.ui.visit import Visit

HOLDERS = ("centre", "station", "post", "department")
SEVERITIES = ("red", "yellow", "blue", "none")
AGES = (0, 1, 3, 7, 14, 30, 90)

#: What the page keeps apart (超期, 临期, 待数据确认), and what each part holds.
VIEWS: dict[str, tuple[str, ...]] = {
    "all": (),
    "overdue": ("overdue",),
    "due_soon": ("due_soon",),
    "unknown": ("unknown",),
    "unconfirmed": ("unconfirmed",),
    "rest": ("running", "paused", "no_calendar", "untimed"),
}

#: The part that is asked and sorted in another way: what will miss a deadline that still lies ahead.
LIKELY = "likely"

#: What the address calls the first and the last calendar day of opening. ``from`` and ``to`` are the period
#: of other pages, which links carry along: those filter nothing here.
OPENED = ("opened_from", "opened_to")


@dataclass(frozen=True)
class OpenChoice:
    """Which part of the open list is wanted, and through which filters; ``opened``: the calendar days of
    opening, both included.
    """

    view: str
    wanted: OpenFilter
    opened: tuple[date, date] | None = None
    is_new: bool = False


def read_choice(params: Params, visit: Visit) -> OpenChoice:
    """The choice an address makes; whatever is none of the options is left out.

    ``params`` are a page's query parameters, or a request's.
    """
    names = visit.names
    loops = filters.some_of(params.get_all("loop"), names.ids("loop"))
    view = filters.one_of(params.get("view"), (*VIEWS, LIKELY), "all") or "all"
    opened = filters.some_period(params, OPENED, visit.as_of_day)
    is_new = params.get("only") == "new"
    since, until = visit.days(*opened) if opened else (None, None)
    if is_new:
        since = max(visit.duty_day[1], since or visit.duty_day[1])
    return OpenChoice(
        view,
        OpenFilter(
            station=visit.station,
            stations=() if visit.station else filters.some_of(params.get_all("of"), names.stations()),
            loops=loops,
            severities=filters.some_of(params.get_all("colour"), SEVERITIES),
            target=filters.one_of(params.get("target"), names.ids("target")),
            stages=filters.some_of(params.get_all("stage"), names.ids("stage")),
            holders=filters.some_of(params.get_all("holder"), HOLDERS),
            min_age_days=filters.parse_number(params.get("age"), 0, max(AGES)),
            judgements=VIEWS.get(view, ()),
            returned=params.get("only") == "returned",
            opened_from=since,
            opened_until=until,
        ),
        opened,
        is_new,
    )


def ignored_filters(params: Params, present: Iterable[str], visit: Visit) -> list[str]:
    """What an address asks of the list and does not get, as ``loop=volunteer``: a value that is none of the
    options, a filter that the list has not. ``present`` are the names in the address.
    """
    names = visit.names
    options = {
        "loop": names.ids("loop"),
        "of": (visit.station,) if visit.station else names.stations(),
        "colour": SEVERITIES,
        "target": names.ids("target"),
        "stage": names.ids("stage"),
        "holder": HOLDERS,
        "view": (*VIEWS, LIKELY),
        "only": ("returned", "new"),
        "age": tuple(str(days) for days in AGES),
    }
    days = OPENED if filters.some_period(params, OPENED, visit.as_of_day) is None else ()
    return [
        *ignored_values(params, options),
        *(named(name, asked) for name in days if (asked := params.get(name)) is not None),
        *ignored_names(params, present, (*options, *OPENED)),
    ]


def loops_offered(visit: Visit, counts: Sequence[Mapping], wanted: OpenFilter) -> tuple[str, ...]:
    """The loops that have an open item, and those the address asks for; in the loops' fixed order.

    ``counts`` are the rows of ``queries.standing.standing_counts``.
    """
    asked = (*wanted.stages, wanted.target or "")
    occurring = {row["loop"] for row in counts}.union(wanted.loops, (key.split(":")[0] for key in asked))
    return tuple(loop for loop in visit.names.ids("loop") if loop in occurring)


def judgement_label(visit: Visit, judgement: str, unit: str | None) -> str:
    """How a deadline stands, in words: 超时 for minutes and hours, 超期 for days."""
    t = visit.t
    if judgement == "overdue":
        return t("Late") if unit in ("minutes", "hours") else t("Overdue")
    return {
        "due_soon": t("Due soon"),
        "unknown": t("Not yet known"),
        "running": t("In time"),
        "paused": t("Paused"),
        "no_calendar": t("Calendar does not reach"),
        "unconfirmed": t("Open"),
        "untimed": t("No deadline"),
    }.get(judgement, judgement)


def standing_text(visit: Visit, row: Mapping) -> str:
    """How an item's worst deadline stands, with how long: ``超期 3天4小时``."""
    label = judgement_label(visit, row["judgement"], row["unit"])
    if row["judgement"] == "overdue":
        return f"{label} {visit.texts.duration(timedelta(minutes=float(row['overdue_minutes'])))}"
    if row["judgement"] == "due_soon":
        left = visit.texts.duration(timedelta(minutes=float(row["minutes_left"])))
        return visit.t("{label}, {left} left", label=label, left=left)
    if row["judgement"] == "unconfirmed":
        return visit.t("Open {days} days", days=int(row["age_days"]))
    return label


def view_label(visit: Visit, view: str) -> str:
    """The name of a part of the list."""
    t = visit.t
    return {
        "all": t("All"),
        "overdue": t("Overdue"),
        "due_soon": t("Due soon"),
        "unknown": t("Not yet known"),
        "unconfirmed": t("Open n days (no confirmed limit)"),
        "rest": t("In time or untimed"),
        LIKELY: t("Most likely to miss first"),
    }[view]


def active_filters(visit: Visit, choice: OpenChoice) -> list[str]:
    """The filters that are set, in words."""
    t, names, wanted = visit.t, visit.names, choice.wanted
    parts = [
        *([opened_text(visit, choice.opened)] if choice.opened else []),
        *(names.loop(loop) for loop in wanted.loops),
        *(names.station(station) for station in wanted.stations),
        *(names.severity(None if s == "none" else s) for s in wanted.severities),
        *(names.holder_kind(kind) for kind in wanted.holders),
        *(names.stage(*stage.split(":", 1)) for stage in wanted.stages),
    ]
    if wanted.target:
        parts.append(names.target(*wanted.target.split(":", 1)))
    if wanted.min_age_days:
        parts.append(t("at least {days} days", days=wanted.min_age_days))
    if wanted.returned:
        parts.append(t("Returned for rework"))
    if choice.is_new:
        parts.append(t("New since the last duty day"))
    return parts


def view_counts(counts: Sequence[Mapping]) -> dict[str, int]:
    """Items in each part of the list, from the answer to ``queries.standing.judgement_counts``."""
    by_judgement = {row["judgement"]: int(row["items"]) for row in counts}
    return {
        view: sum(n for judgement, n in by_judgement.items() if not parts or judgement in parts)
        for view, parts in VIEWS.items()
    }


def _mapped(values: Iterable, name: Callable) -> list[str]:
    known: dict = {}
    out = []
    for value in values:
        if value not in known:
            known[value] = name(value)
        out.append(known[value])
    return out


def display_frame(visit: Visit, frame: pd.DataFrame) -> pd.DataFrame:
    """The open list with names instead of ids, one column per thing shown, local times.

    Columns stand in the order of need, because a phone shows the first ones only. Times stay times and
    numbers stay numbers, so that the table sorts by what they mean.
    """
    names, zone = visit.names, visit.texts.zone
    pairs = list(zip(frame["loop"], frame["stage"], strict=True))
    targets = list(zip(frame["loop"], frame["target"], strict=True))
    holders = list(zip(frame["holder_kind"], frame["holder_id"], strict=True))
    standings = list(zip(frame["judgement"], frame["unit"], strict=True))

    def local(column: str) -> pd.Series:
        return pd.to_datetime(frame[column], utc=True).dt.tz_convert(zone).dt.tz_localize(None)

    table = pd.DataFrame(
        {
            "item": frame["item_no"],
            "severity": _mapped(frame["severity"], names.severity),
            "title": frame["title"],
            "due_at": local("due_at"),
            "standing": _mapped(standings, lambda pair: judgement_label(visit, *pair)),
            "overdue_days": pd.to_numeric(frame["overdue_minutes"]) / 1440,
            "station": _mapped(frame["station_id"], names.station),
            "holder": _mapped(holders, lambda pair: names.holder(*pair)),
            "days_left": pd.to_numeric(frame["minutes_left"]).where(frame["overdue_since"].isna()) / 1440,
            "loop": _mapped(frame["loop"], names.loop),
            "stage": _mapped(pairs, lambda pair: names.stage(*pair)),
            "target": _mapped(targets, lambda pair: names.target(*pair)),
            "opened_at": local("opened_at"),
            "age_days": pd.to_numeric(frame["age_days"]),
            "returned": frame["is_returned"].astype(bool),
            "missing": [
                visit.t(", ").join(
                    names.stage(loop, stage) for stage in (stages if stages is not None else ())
                )
                for loop, stages in zip(frame["loop"], frame["missing_stages"], strict=True)
            ],
        }
    )
    return _with_chances(visit, table, frame) if "chance" in frame else table


def _with_chances(visit: Visit, table: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """The table of ``ui.likely.likely_items``: the chance first, because a phone shows little more."""
    table = table.drop(columns=["overdue_days"])
    place = list(table.columns).index("due_at")
    table.insert(place, "target", table.pop("target"))
    table.insert(1, "chance", [chance_text(visit, chance) for chance in frame["chance"]])
    table["basis"] = [basis_text(visit, row) for row in rows(frame[["basis", "rests_on"]])]
    return table


def column_labels(visit: Visit) -> dict[str, str]:
    """Header of each column of :func:`display_frame`."""
    t = visit.t
    return {
        "item": t("Number"),
        "standing": t("Deadline"),
        "overdue_days": t("Overdue (days)"),
        "days_left": t("Left (days)"),
        "severity": t("Colour"),
        "loop": t("Loop"),
        "title": t("What it is about"),
        "station": t("Station"),
        "stage": t("Stage reached"),
        "holder": t("Current holder"),
        "target": t("Target"),
        "due_at": t("Due"),
        "opened_at": t("Opened"),
        "age_days": t("Age (days)"),
        "returned": t("Returned for rework"),
        "missing": t("Skipped stages"),
        "chance": t("Will it miss?"),
        "basis": t("What that rests on"),
    }


assert all(part in JUDGEMENTS for parts in VIEWS.values() for part in parts)
