"""The page server's own labels, which it says in English only, and what they are called in ours."""

from __future__ import annotations

from closedloop.ui.language import Texts


def builtin_words(texts: Texts) -> dict[str, str]:
    """Its labels as it writes them, each with what is said instead; ``{}`` stands for a part that is kept.

    Empty in English.
    """
    if texts.language == "en":
        return {}
    t = texts.t
    return {
        "Skip to main content": t("Skip to main content"),
        "Sidebar": t("Sidebar"),
        "Collapse sidebar": t("Collapse sidebar"),
        "Expand sidebar": t("Expand sidebar"),
        "Main menu": t("Main menu"),
        "Theme": t("Theme"),
        "System": t("System"),
        "Light": t("Light"),
        "Dark": t("Dark"),
        "Print": t("Print"),
        "Record screen": t("Record screen"),
        "Copy version to clipboard": t("Copy version to clipboard"),
        "Copy to clipboard": t("Copy to clipboard"),
        "Link to heading": t("Link to heading"),
        "Open": t("Open the list"),
        "Choose an option": t("Choose an option"),
        "Choose options": t("Choose options"),
        "No results": t("No results"),
        "No options to select": t("No options to select"),
        "Selected values": t("Selected values"),
        "Remove {}": t("Remove {what}", what="{}"),
        "Dismiss": t("Dismiss"),
        "Clear all": t("Clear all"),
        "Help for {}": t("Help for {what}", what="{}"),
        "Loading...": t("Loading..."),
        "Running...": t("Running..."),
        "Clear date and time": t("Clear date and time"),
        "Choose date and time": t("Choose date and time"),
        "Choose date and time, {}": t("Choose date and time, {what}", what="{}"),
        "Choose date range": t("Choose date range"),
        "Choose date range, {}": t("Choose date range, {what}", what="{}"),
        "Previous month": t("Previous month"),
        "Next month": t("Next month"),
        "Selected Date: {}": t("Selected Date: {what}", what="{}"),
        "Selected Time: {}": t("Selected Time: {what}", what="{}"),
        "Time": t("Time"),
        "Date range": t("Date range"),
        "yyyy": t("yyyy"),
        "mm": t("mm"),
        "dd": t("dd"),
        "Quick select a date range": t("Quick select a date range"),
        "Select...": t("Select..."),
        "Past Week": t("Past Week"),
        "Past Month": t("Past Month"),
        "Past 3 Months": t("Past 3 Months"),
        "Past 6 Months": t("Past 6 Months"),
        "Past Year": t("Past Year"),
        "Past 2 Years": t("Past 2 Years"),
        "None": t("None"),
        "year, {}": t("year, {what}", what="{}"),
        "month, {}": t("month, {what}", what="{}"),
        "day, {}": t("day, {what}", what="{}"),
        "hour, {}": t("hour, {what}", what="{}"),
        "minute, {}": t("minute, {what}", what="{}"),
        "{} start date": t("{what} start date", what="{}"),
        "{} end date": t("{what} end date", what="{}"),
        "{} options available.": t("{what} options available.", what="{}"),
        (
            "Use arrow keys to navigate. Enter to select. Tab to switch between calendar and time. "
            "Escape to close."
        ): t("Arrow keys move, Enter selects, Tab switches between calendar and time, Escape closes."),
        "Use arrow keys to navigate dates. Enter to select. Escape to close.": t(
            "Arrow keys move, Enter selects, Escape closes."
        ),
        "Show data: {}": t("Show data: {what}", what="{}"),
        "Download as PNG: {}": t("Download as PNG: {what}", what="{}"),
        "Copy Vega-Lite spec: {}": t("Copy Vega-Lite spec: {what}", what="{}"),
        "Fullscreen: {}": t("Fullscreen: {what}", what="{}"),
        "Close fullscreen: {}": t("Close fullscreen: {what}", what="{}"),
        "Show/hide columns: {}": t("Show/hide columns: {what}", what="{}"),
        "Search: {}": t("Search: {what}", what="{}"),
        "Show data": t("Show data"),
        "Download as PNG": t("Download as PNG"),
        "Copy Vega-Lite spec": t("Copy Vega-Lite spec"),
        "Fullscreen": t("Fullscreen"),
        "Close fullscreen": t("Close fullscreen"),
        "Show/hide columns": t("Show/hide columns"),
        "Search": t("Search"),
        "Type to search": t("Type to search"),
        "Previous Result": t("Previous Result"),
        "Next Result": t("Next Result"),
        "Close Search": t("Close Search"),
        "Sort ascending": t("Sort ascending"),
        "Sort descending": t("Sort descending"),
        "Format": t("Format"),
        "Autosize": t("Autosize"),
        "Pin column": t("Pin column"),
        "Unpin column": t("Unpin column"),
        "Hide column": t("Hide column"),
        "file upload": t("file upload"),
        "Upload": t("Upload"),
        "Drag and drop file here": t("Drag and drop file here"),
        "Browse files": t("Browse files"),
        "{}MB per file": t("{what}MB per file", what="{}"),
        "Press Enter to apply": t("Press Enter to apply"),
        "info icon": t("info icon"),
        "Page not found": t("Page not found"),
        "The page that you have requested does not seem to exist. Running the app's main page.": t(
            "There is no page at this address. The first page is shown."
        ),
        (
            "You have requested page /{}, but no corresponding file was found in the app's pages/ directory. "
            "Running the app's main page."
        ): t("There is no page at the address /{what}. The first page is shown.", what="{}"),
        "Connecting": t("Connecting"),
        "Stop": t("Stop"),
        "Rerun": t("Rerun"),
    }
