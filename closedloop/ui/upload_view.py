"""The upload on the Data page, once a file is chosen: see what would become of it, load it."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import polars as pl
import streamlit as st

from closedloop.errors import ClosedloopError
from closedloop.intake import Hint, LoadReport, Prepared, RefusedFile, Withdrawal
from closedloop.intake.contract import TABLES
from closedloop.intake.covers import Extract
from closedloop.intake.masking import mask
from closedloop.intake.reading import ROW, LeftOut
from closedloop.ui import upload
from closedloop.ui.upload import Busy, Wish
from closedloop.ui.upload_start import DRAFT, GOING, KEEPING, PREVIEW
from closedloop.ui.visit import Visit

#: Rows of the preview, and refused rows listed in it.
FIRST_ROWS, BAD_ROWS = 8, 50
_LOADED = "upload_loaded"


def show_upload(visit: Visit, name: str, data: bytes) -> None:
    """What would become of a file that was chosen, and the button that loads it."""
    t = visit.t
    try:
        wish = _wish(visit, name, data)
        prepared = _prepared(visit, wish)
    except ClosedloopError as error:
        st.error(
            upload.sentence(error, visit.texts.language), title=t("This file cannot be loaded like this")
        )
        return
    _show(visit, prepared)
    try:
        for kept in _keeping(visit, wish, prepared):
            st.caption(f":material/info: {upload.said(kept, visit.texts.language)}")
        going = _going(visit, wish, prepared)
    except ClosedloopError as error:
        st.error(
            upload.sentence(error, visit.texts.language), title=t("This file cannot be loaded like this")
        )
        return
    _load(visit, wish, prepared, going)


def _wish(visit: Visit, name: str, data: bytes) -> Wish:
    """What the person chose. The table and the mapping are proposed from the headers."""
    t = visit.t
    key = Wish(name, data, "").token
    draft = _remembered(DRAFT, key, lambda: _draft(visit, data, name, None))
    left, right = st.columns(2)
    with left:
        guessed = draft.table if draft else "incidents"
        table = st.selectbox(
            t("What it holds"),
            upload.UPLOAD_TABLES,
            index=upload.UPLOAD_TABLES.index(guessed),
            format_func=visit.names.source,
            key=f"upload_table_{key}",
        )
        kinds: dict[Extract, str] = {
            "delta": t("new and changed rows"),
            "full": t("everything: what is absent was deleted"),
        }
        extract = st.radio(
            t("The file holds"), tuple(kinds), format_func=kinds.__getitem__, key="upload_extract"
        )
        until = st.text_input(
            t("Complete until (all stations)"),
            placeholder="2025-04-25 08:00",
            help=t("Left empty: for the stations in the file, until its latest time."),
            key="upload_until",
        )
    with right:
        ways = {False: t("as the contract names them"), True: t("otherwise: by a mapping")}
        mapped = st.radio(
            t("Its columns are named"),
            tuple(ways),
            format_func=ways.__getitem__,
            index=int(not _canonical(visit, Wish(name, data, table))),
            key=f"upload_mapped_{key}_{table}",
        )
        mapping = _mapping(visit, name, data, table, key) if mapped else None
    return Wish(name, data, table, mapping, extract, until)


def _mapping(visit: Visit, name: str, data: bytes, table: str, key: str) -> str:
    draft = _remembered(DRAFT, f"{key}_{table}", lambda: _draft(visit, data, name, table))
    text = st.text_area(
        visit.t("The mapping (YAML): a draft from the headers, to be edited"),
        value=draft.text if draft else "",
        height=320,
        key=f"upload_yaml_{key}_{table}",
    )
    for sentence in draft.to_edit if draft else ():
        st.caption(f":material/edit: {upload.said(sentence, visit.texts.language)}")
    return text


def _draft(visit: Visit, data: bytes, name: str, table: str | None):
    try:
        return upload.draft(visit.identity, data, name, table)
    except RefusedFile:
        return None


def _canonical(visit: Visit, wish: Wish) -> bool:
    try:
        _prepared(visit, wish)
    except ClosedloopError:
        return False
    return True


def _prepared(visit: Visit, wish: Wish) -> Prepared:
    """The preview, kept while nothing of the wish changes. Only the last one is kept."""
    how = Wish(wish.name, wish.data, wish.table, wish.mapping).token
    return _remembered(PREVIEW, how, lambda: upload.preview(visit.identity, wish))


def _remembered(place: str, key: str, make):
    held = st.session_state.get(place)
    if held is None or held[0] != key:
        held = (key, make())
        st.session_state[place] = held
    return held[1]


def _show(visit: Visit, prepared: Prepared) -> None:
    t, texts = visit.t, visit.texts
    source = prepared.source
    if left_out := ", ".join(_left_out(visit, source.left_out)):
        st.caption(t("Not records, left out: {what}", what=left_out))
    for mapped, checked in prepared.outputs:
        st.markdown(
            t(
                "**{source}**: {read} rows read, {good} good, {repeats} repeated, {bad} for quarantine.",
                source=visit.names.source(mapped.output.table),
                read=texts.number(checked.read),
                good=texts.number(checked.good.height),
                repeats=texts.number(checked.repeats),
                bad=texts.number(len(checked.bad)),
            )
        )
        if checked.good.height:
            st.dataframe(
                _first_rows(visit, mapped.output.table, checked.good),
                hide_index=True,
                alt=t("The first good rows"),
            )
        if checked.bad:
            st.dataframe(
                pd.DataFrame(
                    [
                        {
                            t("Row"): row.row,
                            t("Why it would be refused"): "; ".join(
                                texts.pick(reason.message_zh, reason.message_en) for reason in row.reasons
                            ),
                        }
                        for row in checked.bad[:BAD_ROWS]
                    ]
                ),
                hide_index=True,
                alt=t("Rows for quarantine"),
                column_config={t("Row"): st.column_config.NumberColumn(width="small")},
            )
    for warning in prepared.warnings:
        st.caption(f":material/info: {mask(upload.said(warning, texts.language))}")
    with st.expander(t("What becomes of each column")):
        st.dataframe(_columns(visit, prepared), hide_index=True, alt=t("What becomes of each column"))


def _left_out(visit: Visit, left_out: LeftOut) -> list[str]:
    """How many rows of each kind are no records, for the kinds that there are."""
    t = visit.t
    kinds = {
        t("titles"): left_out.titles,
        t("repeated headers"): left_out.repeated_headers,
        t("totals"): left_out.totals,
        t("footers"): left_out.footers,
        t("blank rows"): left_out.blank,
    }
    return [f"{what} {count:,}" for what, count in kinds.items() if count]


def _first_rows(visit: Visit, table: str, good: pl.DataFrame) -> pd.DataFrame:
    """The first rows as they would be stored: typed, hashed and masked already."""
    names = {c.name: c.info["zh"] if visit.texts.language == "zh" else c.name for c in TABLES[table].columns}
    rows = good.head(FIRST_ROWS).to_dicts()

    def shown(value: object) -> str:
        if value is None:
            return "—"
        return visit.texts.moment(value) if isinstance(value, datetime) else str(value)

    return pd.DataFrame(
        [
            {
                visit.t("Row"): row[ROW],
                **{names[f]: shown(v) for f, v in row.items() if f != ROW and f in names},
            }
            for row in rows
        ]
    )


def _columns(visit: Visit, prepared: Prepared) -> pd.DataFrame:
    t = visit.t
    fates: dict[str, list[str]] = {header: [] for header in prepared.source.headers}
    for mapped, _ in prepared.outputs:
        columns = TABLES[mapped.output.table].columns
        for field, spec in mapped.output.fields.items():
            info = columns[field].info
            name = info["zh"] if visit.texts.language == "zh" else field
            how = ""
            if info.get("pseudonym"):
                how = t("as a keyed hash")
            elif info.get("masked"):
                how = t("numbers of persons masked")
            for header in spec.columns:
                fates[header].append(f"{name} ({how})" if how else name)
    return pd.DataFrame(
        [
            {
                t("Column of the file"): mask(header),
                t("Becomes"): ", ".join(fate) if fate else t("dropped, never kept"),
            }
            for header, fate in fates.items()
        ]
    )


def _going(visit: Visit, wish: Wish, prepared: Prepared) -> tuple[Withdrawal, ...]:
    """What a full extract would withdraw; asked once for a wish, and not again after it was loaded."""
    if wish.extract != "full" or wish.token in st.session_state.get(_LOADED, {}):
        return ()
    return _remembered(GOING, wish.token, lambda: upload.withdrawals(visit.identity, wish, prepared))


def _keeping(visit: Visit, wish: Wish, prepared: Prepared) -> tuple[Hint, ...]:
    """What known rows would keep; asked once for a wish, and not again after the load has said it."""
    if wish.token in st.session_state.get(_LOADED, {}):
        return ()
    return _remembered(KEEPING, wish.token, lambda: upload.keeping(visit.identity, prepared))


def _say_going(visit: Visit, going: tuple[Withdrawal, ...]) -> None:
    """How many known rows would be withdrawn, a warning where they are many."""
    t, texts = visit.t, visit.texts
    for part in going:
        source = visit.names.source(part.table)
        if part.unjudged:
            st.warning(
                t(
                    "{source}: {n} rows of the file have no readable number, so nothing is withdrawn.",
                    source=source,
                    n=texts.number(part.unjudged),
                )
            )
            continue
        said = t(
            "{source}: {absent} of {known} known rows are not in this file and will be withdrawn.",
            source=source,
            absent=texts.number(part.absent),
            known=texts.number(part.known),
        )
        if part.is_large:
            st.warning(
                said
                + " "
                + t(
                    "That is {share}: check that the export is complete, and what it covers, before you load "
                    "it.",
                    share=f"{texts.number(100 * part.absent / part.known)}%",
                )
            )
        else:
            st.caption(f":material/delete_sweep: {said}")


def _load(visit: Visit, wish: Wish, prepared: Prepared, going: tuple[Withdrawal, ...]) -> None:
    """The button, and after it the report. A second click on it finds the file loaded."""
    t = visit.t
    loaded: dict[str, LoadReport] = st.session_state.setdefault(_LOADED, {})
    done = loaded.get(wish.token)
    _say_going(visit, going)
    absent = sum(part.absent for part in going)
    label = t("Load this file")
    if absent:
        label = t("Load this file and withdraw {n} rows", n=visit.texts.number(absent))
    if done is None and st.button(label, type="primary", key="upload_load"):
        try:
            with st.spinner(t("Loading …")):
                # Kept before anything is drawn: a second click begins this script anew.
                done = loaded[wish.token] = upload.load(visit.identity, wish, prepared)
        except Busy:
            st.warning(
                t(
                    "A build or another load is running; nothing was loaded. "
                    "Press the button again in a minute."
                )
            )
            return
        except ClosedloopError as error:
            st.error(upload.sentence(error, visit.texts.language), title=t("Nothing was loaded"))
            return
        st.rerun()
    if done is not None:
        _report(visit, done)


def _report(visit: Visit, report: LoadReport) -> None:
    t, texts = visit.t, visit.texts
    for batch in report.batches:
        c = batch.counts
        st.success(
            t(
                "{source}: {read} read = {accepted} accepted + {unchanged} unchanged + {quarantined} in "
                "quarantine; {withdrawn} withdrawn (batch {batch}).",
                source=visit.names.source(batch.table),
                read=texts.number(c.read),
                accepted=texts.number(c.accepted),
                unchanged=texts.number(c.unchanged),
                quarantined=texts.number(c.quarantined),
                withdrawn=texts.number(c.retracted),
                batch=batch.batch_id,
            )
        )
    for warning in report.warnings:
        st.caption(f":material/info: {mask(upload.said(warning, texts.language))}")
    if report.total("accepted") or report.total("retracted"):
        st.info(t("The pages show it after the next build: python -m closedloop build"))
    else:
        st.info(t("This file changes nothing: every row is known already, or waits in quarantine."))
