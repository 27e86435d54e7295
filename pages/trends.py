"""Trends: any metric by station over days, weeks or months, against the period before and the year before."""

import streamlit as st

from closedloop.comparison.periods import GRAINS
from closedloop.ui import filters
from closedloop.ui.cards import Explanation, heading
from closedloop.ui.chart import chart
from closedloop.ui.exports.links import download_links
from closedloop.ui.ignored import ignored_values, say_ignored
from closedloop.ui.metric_text import grain_name, metric_name
from closedloop.ui.registry import TRENDS, page_title
from closedloop.ui.states import unknown
from closedloop.ui.trend_export import split_name
from closedloop.ui.trend_show import parts_figures
from closedloop.ui.trend_shown import trend_shown
from closedloop.ui.trend_view import (
    DEFAULT_GRAIN,
    default_period,
    dimensions_of,
    metrics_of,
    read_choice,
    whole_name,
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
options = {
    "metric": tuple(metrics),
    "grain": GRAINS,
    "split": dimensions_of(visit, choice.metric, choice.first_day, choice.last_day),
    "stations": names.stations(),
}
say_ignored(visit, ignored_values(st.query_params, options))

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
    if options["split"]:
        filters.select(
            t("Split by"),
            "split",
            options["split"],
            lambda dimension: split_name(visit, dimension),
            everything=t("Station"),
        )
if visit.leads and visit.station is None:
    filters.several(t("Stations"), "stations", names.stations(), names.station, placeholder=t("All stations"))

name = metric_name(visit, choice.metric)
trend = trend_shown(visit, choice)
heading(
    visit,
    f"{name} · {whole_name(visit, choice)}",
    Explanation(
        texts.pick(choice.metric["definition_zh"], choice.metric["definition_en"]),
        known_until=texts.moment(visit.known_until),
        defects=texts.pick(choice.metric["known_defects_zh"], choice.metric["known_defects_en"]),
    ),
    key="trend",
)
if trend is None:
    unknown(t("Nobody reported in this period."))
    st.stop()

st.caption(
    t(
        "Calendar days up to {day}; hollow: unfinished or not fully reported; a gap: nothing to show.",
        day=texts.day(choice.known_last),
    )
)
st.markdown(trend.said)
if trend.target is not None:
    st.markdown(trend.target)
chart(visit, *trend.chart, alt=t("Course of {name}", name=name), below=t("{name} by period", name=name))
if trend.has_limits:
    st.caption(
        t(
            "Dashed: limits of chance (mean ± 2.66 × mean moving range) of the finished, fully reported "
            "periods shown. ▲▼ outside · ◆ 7 on one side of the mean · ■ two of three close to a limit · "
            "✚ 7 rising or falling. It says that something changed, not what."
        )
    )
if trend.campaigns:
    st.caption(t("Shaded: {campaigns}", campaigns=" · ".join(trend.campaigns)))

if trend.parts:
    st.subheader(t("By {what}, on shared axes", what=split_name(visit, choice.dimension)))
    st.caption(trend.parts.scale + " " + t("In the fixed order, which is no ranking."))
    drawn = t("Course of {name} by {what}", name=name, what=split_name(visit, choice.dimension))
    chart(visit, *trend.parts.chart, alt=drawn, figures=parts_figures(visit, trend.parts.chart[0], drawn))
    st.caption(trend.parts.newest)
    st.html(trend.parts.table)

with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
    st.subheader(t("The figures"), width="content")
    st.html(download_links(visit, "trends"))
st.html(trend.table)
st.caption(
    t(
        "On the year: weeks and days against the same weekday 364 days earlier, months against the same "
        "month; around the Spring Festival by the festival, January and February together. Base below 30: "
        "both counts instead of a percentage. Base 0: a dash. In small: the 95 % interval; where it holds 0, "
        "the change is within chance."
    )
)
