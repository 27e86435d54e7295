"""A chart with its name and its table: what is drawn can also be read, by eye, keyboard and screen reader."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from html import escape
from numbers import Integral, Real

import pandas as pd
import streamlit as st

from closedloop.ui.html_table import Cell, html_table, number
from closedloop.ui.language import Texts
from closedloop.ui.visit import Visit


def chart(
    visit: Visit, frame: pd.DataFrame, spec: dict, *, alt: str, figures: str = "", below: str = ""
) -> None:
    """Draw ``spec`` over ``frame``, named ``alt``, and its table.

    ``figures`` is that table as HTML, folded under the chart; where the page shows it anyway, ``below`` is
    the name of the table on the page. A chart without either is refused.
    """
    if bool(figures) == bool(below):
        raise ValueError(f"the chart {alt!r} needs its figures as a table, once")
    st.vega_lite_chart(frame, spec, width="stretch", alt=alt)
    if figures:
        summary = escape(visit.t("These figures as a table"))
        st.html(f"<details class='cl-figures'><summary>{summary}</summary>{figures}</details>")
    else:
        said = escape(visit.t("The figures stand in the table “{name}”.", name=below))
        st.html(f"<p class='cl-figures' data-table='{escape(below)}'>{said}</p>")


def figures_of(visit: Visit, frame: pd.DataFrame, columns: Mapping[str, str], label: str) -> str:
    """The columns of a chart's frame, with their headers, as a table named ``label``."""
    return html_table(
        label,
        list(columns.values()),
        [
            [_cell(visit.texts, value) for value in row]
            for row in frame[list(columns)].itertuples(index=False, name=None)
        ],
    )


def _cell(texts: Texts, value: object) -> Cell:
    if value is None or value is pd.NaT or value != value:
        return number("—")
    if isinstance(value, datetime):
        return Cell(value.strftime("%Y-%m-%d %H:%M"))
    if isinstance(value, Integral):
        return number(texts.number(int(value)))
    if isinstance(value, Real):
        return number(texts.number(float(value), 1))
    return Cell(str(value))
