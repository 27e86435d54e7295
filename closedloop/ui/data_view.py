"""Loads, quarantine, freshness and builds as tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from closedloop.hints import in_chinese
from closedloop.queries.reading import rows
from closedloop.ui.build_stage import failed_where
from closedloop.ui.visit import Visit

NO_LINE = "—"


def grouped_digits(table: pd.DataFrame, except_for: tuple[str, ...] = ()) -> dict[str, Any]:
    """Column settings that show the table's counts as ``39,421``; numbers that are names are left alone."""
    counts = [c for c in table.select_dtypes("number").columns if c not in except_for]
    return {column: st.column_config.NumberColumn(format="localized") for column in counts}


def freshness_table(visit: Visit, frame: pd.DataFrame) -> pd.DataFrame:
    """One row per station, one column per source: until when, or 未报 since when.

    Stations that did not report come first, then the others, both in the fixed order.
    """
    t, texts, names = visit.t, visit.texts, visit.names
    silent = set(frame.loc[frame["is_unreported"].astype(bool), "station_id"])
    sources = list(dict.fromkeys(frame["source_table"]))
    by_station: dict[str, dict[str, str]] = {}
    for row in rows(frame):
        known = row["known_until"]
        text = f"✓ {texts.moment(known)}"
        if row["is_unreported"]:
            since = t("Not reported since {moment}", moment=texts.moment(known))
            text = since if known else t("Never reported")
        by_station.setdefault(row["station_id"], {})[row["source_table"]] = text
    return pd.DataFrame(
        [
            {
                t("Station"): names.station(station),
                **{names.source(source): by_station[station].get(source, NO_LINE) for source in sources},
            }
            for station in sorted(names.stations(), key=lambda station: station not in silent)
            if station in by_station
        ]
    )


def reason_table(visit: Visit, frame: pd.DataFrame) -> pd.DataFrame:
    """Why rows were refused, most frequent first."""
    t = visit.t
    return pd.DataFrame(
        [
            {
                t("Source"): visit.names.source(row["source_table"]),
                t("Field"): row["field"] or NO_LINE,
                t("Reason"): visit.texts.pick(row["message_zh"], row["message_en"]),
                t("Rows"): int(row["refused_rows"]),
            }
            for row in rows(frame)
        ]
    )


def _reasons_text(visit: Visit, reasons: Any) -> str:
    found = json.loads(reasons) if isinstance(reasons, str) else (reasons or [])
    return "; ".join(
        visit.texts.pick(reason.get("message_zh"), reason.get("message_en")) or str(reason.get("code"))
        for reason in found
    )


def quarantine_table(visit: Visit, frame: pd.DataFrame) -> pd.DataFrame:
    """The refused rows: where each stands in its file, why it was refused, and its masked content."""
    t, texts, names = visit.t, visit.texts, visit.names
    return pd.DataFrame(
        [
            {
                t("No."): row["quarantine_id"],
                t("Source"): names.source(row["source_table"]),
                t("File"): row["source_file"],
                t("Row"): row["source_row"],
                t("Station"): names.station(row["station_id"]),
                t("Reason"): _reasons_text(visit, row["reasons"]),
                t("Masked content"): _content(visit, row["masked_row"]),
                t("Batch"): row["batch_id"],
                t("Refused at"): texts.moment(row["created_at"]),
            }
            for row in rows(frame)
        ]
    )


def _content(visit: Visit, row: Any) -> str:
    if row is None:
        return visit.t("(line could not be parsed)")
    content = json.loads(row) if isinstance(row, str) else row
    return ", ".join(f"{field}={value}" for field, value in content.items() if value not in (None, ""))


def totals_table(visit: Visit, frame: pd.DataFrame) -> pd.DataFrame:
    """All loads by table, and whether they add up."""
    t, texts = visit.t, visit.texts
    return pd.DataFrame(
        [
            {
                t("Source"): visit.names.source(row["source_table"]),
                t("Files"): int(row["files"]),
                t("Read"): int(row["rows_read"]),
                t("Accepted"): int(row["rows_accepted"]),
                t("Unchanged"): int(row["rows_unchanged"]),
                t("Quarantined"): int(row["rows_quarantined"]),
                t("Adds up"): _adds_up(visit, int(row["unreconciled"]) == 0),
                t("Withdrawn"): int(row["rows_retracted"]),
                t("Stage times derived"): int(row["rows_derived_events"]),
                t("Last load"): texts.moment(row["last_finished_at"]),
            }
            for row in rows(frame)
        ]
    )


def _adds_up(visit: Visit, does: bool) -> str:
    return f"✓ {visit.t('yes')}" if does else f"✗ {visit.t('no')}"


def batch_table(visit: Visit, frame: pd.DataFrame) -> pd.DataFrame:
    """One row per file loaded, newest first."""
    t, texts = visit.t, visit.texts
    kinds = {"full": t("full"), "delta": t("delta")}
    ways = {
        "cli": t("command line"),
        "refresh": t("refresh"),
        "upload": t("upload"),
        "replay": t("replay"),
        "demo": t("demo"),
    }
    return pd.DataFrame(
        [
            {
                t("Batch"): row["batch_id"],
                t("Source"): visit.names.source(row["source_table"]),
                t("File"): row["source_file"],
                t("Read"): int(row["rows_read"]),
                t("Accepted"): int(row["rows_accepted"]),
                t("Unchanged"): int(row["rows_unchanged"]),
                t("Quarantined"): int(row["rows_quarantined"]),
                t("Adds up"): _adds_up(visit, bool(row["reconciles"])),
                t("Withdrawn"): int(row["rows_retracted"]),
                t("Extract"): kinds.get(row["extract"], row["extract"]),
                t("Covers until"): texts.moment(row["covers_until"]),
                t("Loaded"): texts.moment(row["finished_at"]),
                t("By way of"): ways.get(row["loaded_by"], row["loaded_by"]),
                t("Mapping"): row["mapping"] or NO_LINE,
                t("Warnings"): "; ".join(texts.pick(in_chinese(w), w) for w in row["warnings"] or ())
                or NO_LINE,
            }
            for row in rows(frame)
        ]
    )


def _warnings(visit: Visit, kept: Iterable[str] | None) -> str:
    """What a load warned of; it is kept in English."""
    return "; ".join(visit.texts.pick(in_chinese(said), said) for said in kept or ()) or NO_LINE


def build_table(visit: Visit, frame: pd.DataFrame) -> pd.DataFrame:
    """The last builds, newest first, with why one failed."""
    t, texts = visit.t, visit.texts
    status = {
        "published": f"✓ {t('published')}",
        "failed": f"✗ {t('build failed')}",
        "running": f"… {t('running')}",
    }
    return pd.DataFrame(
        [
            {
                t("Build"): row["build_id"],
                t("Status"): status.get(row["status"], row["status"])
                + (f" · {t('shown now')}" if row["build_id"] == visit.published.build_id else ""),
                t("Started"): texts.moment(row["started_at"]),
                t("Took"): NO_LINE if row["seconds"] is None else t("{n} s", n=round(float(row["seconds"]))),
                t("Made"): _course(visit, row),
                t("Last batch"): row["last_batch_id"] if row["last_batch_id"] is not None else NO_LINE,
                t("Failed"): failed_where(texts, row["stage_failed"]) if row["stage_failed"] else NO_LINE,
                t("Message"): (row["message"] or NO_LINE)[:500],
            }
            for row in rows(frame)
        ]
    ).astype(str)


def _course(visit: Visit, row: Mapping[str, Any]) -> str:
    """Whether a build made everything anew or went on from another one."""
    if row["is_full"]:
        return visit.t("everything anew")
    if row["went_on_from"] is None:
        return NO_LINE
    build = int(row["went_on_from"])
    if row["touched_items"] is None:
        return visit.t("goes on from {build}", build=build)
    items = visit.texts.number(int(row["touched_items"]))
    return visit.t("goes on from {build}, {items} items anew", build=build, items=items)


def test_summary(visit: Visit, frame: pd.DataFrame) -> str:
    """How many tests of the newest tested build passed, warned and failed."""
    newest = frame[frame["build_id"] == frame["build_id"].max()]
    by_status = newest["status"].value_counts().to_dict()
    passed = int(by_status.get("pass", 0))
    warned = int(by_status.get("warn", 0))
    return visit.t(
        "Build {build}: {passed} passed, {warned} warned, {failed} failed.",
        build=int(newest["build_id"].iloc[0]),
        passed=passed,
        warned=warned,
        failed=len(newest) - passed - warned,
    )


def test_table(visit: Visit, frame: pd.DataFrame) -> pd.DataFrame:
    """The tests of the newest tested build, failed ones first."""
    t = visit.t
    newest = frame[frame["build_id"] == frame["build_id"].max()]
    return pd.DataFrame(
        [
            {
                t("Test"): row["test_name"],
                t("Model"): row["tested_model"] or NO_LINE,
                t("Status"): row["status"],
                t("Failures"): NO_LINE if row["failures"] is None else str(row["failures"]),
                t("Message"): (row["message"] or NO_LINE)[:300],
            }
            for row in rows(newest)
        ]
    )
