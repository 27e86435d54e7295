"""Figures that explain themselves: label, value, parts by colour, and on demand the definition and n."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st

from closedloop.ui.registry import PageEntry
from closedloop.ui.visit import Visit


@dataclass(frozen=True)
class Explanation:
    """What a figure means and what it rests on."""

    definition: str
    n: str | None = None
    known_until: str | None = None
    defects: str | None = None


def explain(visit: Visit, what: Explanation, *, key: str) -> None:
    """A small button that opens the figure's definition, its n, its moment and its known defects."""
    t = visit.t
    with st.popover(
        "", icon=":material/info:", type="tertiary", help=t("Definition and n"), key=f"explain_{key}"
    ):
        lines = [what.definition]
        if what.n is not None:
            lines.append(f"**n** {what.n}")
        lines.append(f"**{t('As of')}** {visit.texts.moment(visit.as_of)}")
        if what.known_until:
            lines.append(f"**{t('Loaded until')}** {what.known_until}")
        if what.defects:
            lines.append(f"**{t('Known defects')}** {what.defects}")
        st.markdown("\n\n".join(lines))


def heading(visit: Visit, title: str, what: Explanation, *, key: str) -> None:
    """A section's heading with its explanation."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(title, width="content")
        explain(visit, what, key=key)


def by_colour(visit: Visit, counts: Mapping[str | None, int]) -> str:
    """Counts by colour as HTML, each colour with its symbol and its name; colours without items in grey."""
    parts = []
    for severity in ("red", "yellow", "blue"):
        count = counts.get(severity, 0)
        css = f"cl-{severity}" if count else "none"
        parts.append(f"<span class='{css}'>{escape(visit.names.severity(severity))} {count:,}</span>")
    if counts.get(None, 0):
        parts.append(f"<span>{escape(visit.t('No colour'))} {counts[None]:,}</span>")
    return "".join(parts)


def figure(
    visit: Visit,
    label: str,
    value: str,
    what: Explanation,
    *,
    key: str,
    unit: str = "",
    parts: str = "",
    page: PageEntry | None = None,
    params: Mapping[str, str | Sequence[str]] | None = None,
    link: str = "",
) -> None:
    """A card: what it counts, the figure, its parts, its explanation, and the list behind it."""
    with st.container(border=True, height="stretch", gap=None, key=f"card_{key}"):
        with st.container(
            horizontal=True,
            horizontal_alignment="distribute",
            vertical_alignment="center",
            gap=None,
            wrap=False,
        ):
            st.markdown(f"**{label}**")
            explain(visit, what, key=key)
        st.html(
            f"<div class='cl-value'>{escape(value)}<small>{escape(unit)}</small></div>"
            f"<div class='cl-parts'>{parts}</div>"
        )
        if page is not None:
            st.page_link(
                str(page.file),
                label=link,
                icon=":material/arrow_forward:",
                icon_position="right",
                query_params={**visit.shared, **(params or {})},
            )


def loop_parts(visit: Visit, counts: Sequence[tuple[str, int]]) -> str:
    """Counts by loop as HTML, in the loops' fixed order."""
    return "".join(f"<span>{escape(visit.names.loop(loop))} {count:,}</span>" for loop, count in counts)
