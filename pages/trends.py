"""Trends: any metric by station over days, weeks or months, against the period before and the year before."""

import streamlit as st

from closedloop.comparison.periods import GRAINS
from closedloop.ui import filters
from closedloop.ui.cards import Explanation, heading
from closedloop.ui.exports.links import download_links
from closedloop.ui.metric_text import grain_name, metric_name
from closedloop.ui.registry import TRENDS, page_title
from closedloop.ui.states import unknown
from closedloop.ui.trend_export import split_name
from closedloop.ui.trend_show import (
    bands_of,
    newest_period,
    parts_chart,
    parts_table,
    periods_table,
    whole_chart,
)
from closedloop.ui.trend_signals import no_limits_text, sentence, told_lines
from closedloop.ui.trend_target import target_of, target_sentence
from closedloop.ui.trend_view import (
    DEFAULT_GRAIN,
    default_period,
    dimensions_of,
    metrics_of,
    read_choice,
    trend_of,
)
from closedloop.ui.visit import current

visit = current()
t, texts, names = visit.t, visit.texts, visit.names

st.title(page_title(TRENDS, texts, visit.identity))
choice = read_choice(st.query_params, visit)
if choice is None:
    unknown(t("The catalogue holds no metric."))
    st.stop()

metrics = metrics_of(visit)
with st.grid("auto", min_column_width=200, vertical_alignment="bottom"):
    filters.select(
        t("Metric"), "metric", tuple(metrics), lambda metric_id: metric_name(visit, metrics[metric_id])
    )
    filters.switch(t("By"), "grain", GRAINS, lambda grain: grain_name(visit, grain), DEFAULT_GRAIN)
    filters.period(
        t("Period (calendar days)"),
        (choice.first_day, choice.last_day),
        visit.last_full_day,
        default_period(choice.grain, choice.known_last),
    )
    splits = dimensions_of(visit, choice.metric, choice.first_day, choice.last_day)
    if splits:
        filters.select(
            t("Split by"),
            "split",
            splits,
            lambda dimension: split_name(visit, dimension),
            everything=t("Station"),
        )
if visit.leads and visit.station is None:
    filters.several(t("Stations"), "stations", names.stations(), names.station, placeholder=t("All stations"))

name = metric_name(visit, choice.metric)
trend = trend_of(visit, choice)
bands = bands_of(visit, choice)
rows = trend.whole.rows if trend.whole else []
heading(
    visit,
    f"{name} · {trend.whole.name}" if trend.whole else name,
    Explanation(
        texts.pick(choice.metric["definition_zh"], choice.metric["definition_en"]),
        known_until=texts.moment(visit.known_until),
        defects=texts.pick(choice.metric["known_defects_zh"], choice.metric["known_defects_en"]),
    ),
    key="trend",
)
whole = trend.whole
if whole is None or not any(row.figure.reported for row in rows):
    unknown(t("Nobody reported in this period."))
    st.stop()

st.caption(
    t(
        "Calendar days up to {day}; hollow: unfinished or not fully reported; a gap: nothing to show.",
        day=texts.day(choice.known_last),
    )
)
told = told_lines(visit, choice, trend)
st.markdown(
    f"**{sentence(visit, choice, whole, told[whole.key])}**" if told else no_limits_text(visit, choice)
)
target = target_of(visit, choice)
if target is not None:
    st.markdown(target_sentence(visit, choice, target, told.get(whole.key, ())))
frame, spec = whole_chart(visit, choice, whole, bands, told, target)
st.vega_lite_chart(frame, spec, width="stretch", alt=t("Course of {name}", name=name))
if told:
    st.caption(
        t(
            "Dashed: limits of chance (mean ± 2.66 × mean moving range) of the finished, fully reported "
            "periods shown. ▲▼ outside · ◆ 7 on one side of the mean · ■ two of three close to a limit · "
            "✚ 7 rising or falling. It says that something changed, not what."
        )
    )
if bands:
    st.caption(t("Shaded: {campaigns}", campaigns=" · ".join(band.name for band in bands)))

if trend.parts:
    st.subheader(t("By {what}, on shared axes", what=split_name(visit, choice.dimension)))
    frame, spec, scale = parts_chart(visit, choice, trend.parts, bands, told)
    st.caption(scale + " " + t("In the fixed order, which is no ranking."))
    st.vega_lite_chart(
        frame,
        spec,
        width="stretch",
        alt=t("Course of {name} by {what}", name=name, what=split_name(visit, choice.dimension)),
    )
    st.caption(newest_period(visit, choice, whole))
    st.html(parts_table(visit, choice, trend, told))

with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
    st.subheader(t("The figures"), width="content")
    st.html(download_links(visit, "trends"))
st.html(periods_table(visit, choice, whole, told))
st.caption(
    t(
        "On the year: weeks and days against the same weekday 364 days earlier, months against the same "
        "month; around the Spring Festival by the festival, January and February together. Base below 30: "
        "both counts instead of a percentage. Base 0: a dash. In small: the 95 % interval; where it holds 0, "
        "the change is within chance."
    )
)
