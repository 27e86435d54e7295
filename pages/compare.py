"""Compare: is a station unlike the others, or is that chance? Shares over their n, between limits."""

import streamlit as st

from closedloop.ui import filters
from closedloop.ui.cards import Explanation, heading
from closedloop.ui.chart import chart
from closedloop.ui.compare_show import compare_chart, compare_table, dispersion_text, summary
from closedloop.ui.compare_view import ENOUGH_STATIONS, compared, default_days, read_compare, shares_of
from closedloop.ui.exports.links import download_links
from closedloop.ui.ignored import ignored_values, say_ignored
from closedloop.ui.metric_text import metric_name, polarity_name, shown
from closedloop.ui.registry import COMPARE, page_title
from closedloop.ui.states import unknown
from closedloop.ui.visit import current

visit = current()
t, texts = visit.t, visit.texts

st.title(page_title(COMPARE, texts, visit.identity))
choice = read_compare(st.query_params, visit)
if choice is None:
    unknown(t("The catalogue holds no share."))
    st.stop()
shares = shares_of(visit)
say_ignored(visit, ignored_values(st.query_params, {"metric": tuple(shares)}))

with st.grid("auto", min_column_width=220, vertical_alignment="bottom"):
    filters.select(
        t("Metric"), "metric", tuple(shares), lambda metric_id: metric_name(visit, shares[metric_id])
    )
    filters.period(
        t("Period (calendar days)"),
        (choice.first_day, choice.last_day),
        visit.last_full_day,
        default_days(choice.known_last),
    )

metric = choice.metric
comparison = compared(visit, choice)
total = sum(one.whole or 0 for one in comparison.stations)
heading(
    visit,
    metric_name(visit, metric),
    Explanation(
        " ".join(
            (
                texts.pick(metric["definition_zh"], metric["definition_en"]),
                t(
                    "Dashed: 95 % limits, one station in twenty lies beyond them by chance. Solid: 99.8 %, "
                    "one in five hundred. The smaller n, the wider. Beyond a limit asks for a look and "
                    "judges nobody."
                ),
                dispersion_text(visit, comparison),
            )
        ),
        n=texts.number(total),
        known_until=texts.moment(visit.known_until),
        defects=texts.pick(metric["known_defects_zh"], metric["known_defects_en"]),
    ),
    key="compare",
)
if not total:
    unknown(t("Nobody reported in this period."))
    st.stop()

if comparison.funnel is not None:
    st.markdown(f"**{summary(visit, comparison)}**")
    st.caption(
        t(
            "Line: the common share, {centre}. ● within chance · ◆ beyond 95 % · ▲▼ beyond 99.8 %. "
            "{polarity}.",
            centre=shown(visit, metric, comparison.funnel.centre),
            polarity=polarity_name(visit, metric["polarity"]).capitalize(),
        )
    )
    frame, spec = compare_chart(visit, comparison)
    drawn = t("{name} by station", name=metric_name(visit, metric))
    chart(visit, frame, spec, alt=drawn, below=drawn)
    if comparison.published_days is not None:
        st.caption(
            t(
                "Line and limits: the city's published share, of {days} days that enough stations reported "
                "and enough cases make up. The limits are those of chance alone: how much stations usually "
                "differ is not in them.",
                days=texts.number(comparison.published_days),
            )
        )
elif not visit.leads:
    st.caption(
        t(
            "Shown is your station with its own 95 % interval: too few cases, or too few days of the city "
            "are published for a comparison."
        )
    )
else:
    unknown(
        t(
            "Fewer than {count} stations have enough cases for limits; a longer period may have.",
            count=ENOUGH_STATIONS,
        )
    )

with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
    st.subheader(t("By station, in the fixed order"), width="content")
    st.html(download_links(visit, "compare"))
st.html(compare_table(visit, comparison))
st.caption(
    t(
        "No ranking: stations within chance do not differ as far as the figures can tell. Fewer than {count} "
        "cases: both counts, no share and no verdict. What belongs to no station is left out.",
        count=metric["min_n"],
    )
)
