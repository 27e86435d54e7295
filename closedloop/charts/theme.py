"""Colours and settings that all charts share.

Red, yellow and blue mean risk and nothing else (red is the highest, blue the lowest), so no other series uses
them. Shades are chosen to be readable on the light and on the dark page, and every colour has its name beside
it.
"""

from __future__ import annotations

SEVERITY = {"red": "#D64545", "yellow": "#C9971C", "blue": "#4C8BE0", "none": "#8793A5"}
HOLDERS = {
    "centre": "#6B7FD7",
    "station": "#3E9C8F",
    "post": "#A67BC4",
    "department": "#B98545",
    "none": "#8793A5",
}
#: What became of a dispute. None of it is a verdict, so none is green or red.
OUTCOMES = {
    "resolved": "#3E8E84",
    "stabilised": "#9A6FBA",
    "litigation": "#A8743A",
    "transferred": "#7C7A4B",
    "other": "#A0637F",
    "open": "#75818F",
}
LINE = "#4F8A8B"
MUTED = "#8793A5"
#: Numbers beside a bar: readable on white and on black.
VALUE = "#717D8E"

#: Settings that keep a chart quiet. Streamlit's theme adds fonts and the page's colours. To assistive
#: technology a chart is one picture with a name, and its table beside it: the marks say field names,
#: in English.
CONFIG = {
    "view": {"stroke": None},
    "axis": {"grid": False, "domain": False, "ticks": False, "aria": False},
    "legend": {"aria": False},
    "mark": {"aria": False},
}
