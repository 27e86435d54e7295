"""Names of what lies beside exports and is none: what desktops and spreadsheet programs leave behind, and
files that somebody is still writing."""

from __future__ import annotations

#: What programs call a file until it is whole.
UNFINISHED = (".part", ".partial", ".filepart", ".tmp", ".temp", ".crdownload", ".swp", "~")
_DROPPINGS = ("thumbs.db", "desktop.ini")
#: ``~$`` marks a workbook that somebody has open.
_BEGINNINGS = (".", "~$", "__MACOSX")


def is_bystander(name: str) -> bool:
    """Whether a file or folder of this name is never looked at."""
    return name.startswith(_BEGINNINGS) or name.lower() in _DROPPINGS


def is_unfinished(name: str) -> bool:
    """Whether the name says that the file is not whole yet."""
    return name.lower().endswith(UNFINISHED)
