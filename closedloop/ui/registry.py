"""Every page of the product: its file, its address, its name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from closedloop.settings import PROJECT_ROOT
from closedloop.ui.identity import Identity
from closedloop.ui.language import Texts

PAGES_FOLDER = PROJECT_ROOT / "pages"


@dataclass(frozen=True)
class PageEntry:
    """A page. ``address`` is its path below the root; the empty one is what opens first."""

    key: str
    address: str
    icon: str
    #: Filters in the sidebar that mean something here: station, as_of, period.
    filters: tuple[str, ...] = ()
    #: False for pages that are reached through a list, not from the menu.
    in_menu: bool = True
    #: Which of the menu's drawers the page lies in; the everyday pages lie in none. See ``drawer_name``.
    drawer: str = ""
    #: What an address may ask of this page alone, besides the filters that every page understands.
    asks: tuple[str, ...] = ()

    @property
    def file(self) -> Path:
        """The page's script."""
        return PAGES_FOLDER / f"{self.key}.py"


TODAY = PageEntry("today", "", ":material/today:", ("station", "as_of"))
LOOPS = PageEntry("loops", "loops", ":material/sync:", ("station", "as_of", "period"), asks=("loop",))
TRENDS = PageEntry(
    "trends",
    "trends",
    ":material/show_chart:",
    ("station", "as_of"),
    drawer="analysis",
    asks=("metric", "grain", "split", "stations"),
)
COMPARE = PageEntry(
    "compare", "compare", ":material/balance:", ("station", "as_of"), drawer="analysis", asks=("metric",)
)
STATION = PageEntry("station", "station", ":material/home_pin:", ("station", "as_of", "period"))
OPEN = PageEntry(
    "open",
    "open",
    ":material/pending_actions:",
    ("station", "as_of"),
    asks=(
        "loop",
        "of",
        "colour",
        "target",
        "stage",
        "holder",
        "view",
        "only",
        "age",
        "opened_from",
        "opened_to",
    ),
)
FINDINGS = PageEntry(
    "findings", "findings", ":material/rule:", ("station", "as_of", "period"), asks=("rule", "loop", "show")
)
PLACES = PageEntry(
    "places",
    "places",
    ":material/location_on:",
    ("station", "as_of"),
    drawer="analysis",
    asks=("category", "type", "place"),
)
ITEM = PageEntry("item", "item", ":material/timeline:", ("as_of",), in_menu=False, asks=("item",))
DAILY = PageEntry("daily", "daily", ":material/table_view:", ("station", "as_of"))
DISPUTES = PageEntry(
    "disputes",
    "disputes",
    ":material/handshake:",
    ("station", "as_of", "period"),
    drawer="registers",
    asks=("by", "view"),
)
DIVERSIONS = PageEntry(
    "diversions",
    "diversions",
    ":material/alt_route:",
    ("station", "as_of", "period"),
    drawer="registers",
    asks=("by", "view"),
)
VOLUNTEERS = PageEntry(
    "volunteers",
    "volunteers",
    ":material/volunteer_activism:",
    ("station", "as_of", "period"),
    drawer="registers",
    asks=("by",),
)
CLOSING = PageEntry(
    "closing",
    "closing",
    ":material/timer:",
    ("station", "as_of"),
    drawer="analysis",
    asks=("loop", "by", "of", "colour", "show", "band"),
)
DATA = PageEntry("data", "data", ":material/database:", ("station", "as_of"), drawer="data")
CATALOGUE = PageEntry("catalogue", "catalogue", ":material/menu_book:", drawer="data")
WALL = PageEntry("wall", "", ":material/monitor:", in_menu=False)
AUDIT = PageEntry("audit", "audit", ":material/policy:")
ACCOUNTS = PageEntry("accounts", "accounts", ":material/badge:", asks=("state",))

PAGES: tuple[PageEntry, ...] = (
    TODAY,
    LOOPS,
    OPEN,
    DAILY,
    FINDINGS,
    STATION,
    ITEM,
    TRENDS,
    COMPARE,
    PLACES,
    CLOSING,
    DISPUTES,
    DIVERSIONS,
    VOLUNTEERS,
    DATA,
    CATALOGUE,
)

#: Pages of those who see no case.
_PAGES_WITHOUT_CASES = {
    "operator": (DATA,),
    "auditor": (AUDIT,),
    "account_admin": (ACCOUNTS,),
    "wall": (WALL,),
}
#: What ``?view=`` of the first page asks for to get the wall.
WALL_VIEW = "wall"

#: Every page that has an address of its own, whoever it is for.
ALL_PAGES: tuple[PageEntry, ...] = (*PAGES, AUDIT, ACCOUNTS)

#: Paths a sign-in may lead back to.
ADDRESSES = frozenset(page.address for page in ALL_PAGES)
_WANTED = re.compile(r"(?P<address>[a-z]*)(?:\?(?P<query>[^\s#\\]{0,2000}))?")


def local_address(wanted: str | None) -> str:
    """The page a sign-in leads back to, relative to the root; anything but an own page is the first one."""
    found = _WANTED.fullmatch(wanted or "")
    if found is None or found["address"] not in ADDRESSES:
        return ""
    return found["address"] + (f"?{found['query']}" if found["query"] else "")


def pages_of(identity: Identity, view: str | None = None) -> tuple[PageEntry, ...]:
    """The pages that are for somebody; the first opens by itself: with ``view=wall``, the wall.

    Whoever sees no case has no use for pages about cases, empty ones included.
    """
    if not identity.scope.sees_cases:
        return _PAGES_WITHOUT_CASES.get(identity.role, ())
    return (WALL, *PAGES) if view == WALL_VIEW else PAGES


def pages_not_of(entries: tuple[PageEntry, ...]) -> tuple[PageEntry, ...]:
    """The pages whose addresses lead to none of these entries: an old link, or one of somebody else's."""
    led_to = {"", *(page.address for page in entries)}
    return tuple(page for page in ALL_PAGES if page.address not in led_to)


def page_title(page: PageEntry, texts: Texts, identity: Identity | None = None) -> str:
    """The page's name; Today is named after what the person comes for."""
    if page is TODAY:
        works = identity is not None and identity.at_station
        return texts.t("To do today") if works else texts.t("Today")
    return {
        LOOPS: texts.t("Closed loop"),
        OPEN: texts.t("Open and overdue"),
        DAILY: texts.t("Daily incident table"),
        FINDINGS: texts.t("Findings"),
        PLACES: texts.t("Repeat places"),
        ITEM: texts.t("Work item"),
        DISPUTES: texts.t("Disputes"),
        DIVERSIONS: texts.t("Non-police diversions"),
        VOLUNTEERS: texts.t("Volunteers"),
        TRENDS: texts.t("Trends"),
        COMPARE: texts.t("Compare"),
        STATION: texts.t("Station"),
        CATALOGUE: texts.t("Catalogue"),
        CLOSING: texts.t("Time to close"),
        DATA: texts.t("Data"),
        AUDIT: texts.t("Traces"),
        WALL: texts.t("Wall"),
        ACCOUNTS: texts.t("Accounts"),
    }[page]


def page_summary(page: PageEntry, texts: Texts) -> str:
    """One sentence on what the page answers."""
    return {
        TODAY: texts.t("What is overdue, due soon, new or returned, and where to call."),
        LOOPS: texts.t("Per loop: items at each stage, in whose hands, how long, what was skipped."),
        OPEN: texts.t("Every open item of every loop, worst first."),
        DAILY: texts.t("Every incident open at the cut-off, by station, for print."),
        FINDINGS: texts.t("What is wrong or missing in the records, by station and rule."),
        PLACES: texts.t("Places beyond their own expectation, and what came of warnings."),
        ITEM: texts.t("One item from its opening to now, with the file and row of every event."),
        DISPUTES: texts.t(
            "What became of the disputes found: resolved and held stable apart, reopened, called again."
        ),
        DIVERSIONS: texts.t(
            "Non-police matters sent to other departments: accepted, returned, done, fed back, called again."
        ),
        CLOSING: texts.t("How long items take from opening to closing, those still open counted in."),
        VOLUNTEERS: texts.t("How many volunteers serve where, and what they did. Counts only."),
        TRENDS: texts.t("Any metric by day, week or month, against the year and the period before."),
        COMPARE: texts.t("Shares of all stations beside one another: beyond chance, or not. No ranking."),
        STATION: texts.t("One station on one page: loops, open items, metrics, findings, coverage."),
        CATALOGUE: texts.t("What every metric, finding rule, loop and deadline means."),
        DATA: texts.t("What came in, what was refused, how fresh each source is, how the builds went."),
        WALL: texts.t("Counts by station on one screen that keeps itself up to date."),
        AUDIT: texts.t("Who came in, opened and took away what; grants, loads and builds."),
        ACCOUNTS: texts.t("Who may come in, as what, for where, from when until when."),
    }[page]


#: The menu's drawers, in order.
DRAWERS = ("analysis", "registers", "data")


def drawer_name(drawer: str, texts: Texts) -> str:
    """What a drawer of the menu is called."""
    return {
        "analysis": texts.t("Analysis"),
        "registers": texts.t("Registers"),
        "data": texts.t("Data and definitions"),
    }[drawer]
