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
LINE = "#4F8A8B"
MUTED = "#8793A5"

#: Settings that keep a chart quiet. Streamlit's theme adds fonts and the page's colours.
CONFIG = {"view": {"stroke": None}, "axis": {"grid": False, "domain": False, "ticks": False}}
