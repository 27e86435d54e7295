"""Two station heads and a leader in one page server at the same time: nothing crosses."""

from __future__ import annotations

import itertools
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from closedloop.ui.registry import PAGES
from tests.ui.streaming import sent, sign_in

PEOPLE = ("station-S03", "leadership", "station-S07")
OWN = {"station-S03": "S03", "station-S07": "S07"}
#: Asked by everybody at once, forged for somebody else.
QUERIES = ("lang=zh&station=S07", "lang=en&station=S03&view=all")


def test_pages_run_side_by_side_show_each_their_own(site, station_names):
    cookies = {who: sign_in(site.url, who) for who in PEOPLE}

    def look(page, query, who) -> list[str]:
        received = sent(site.url, page.address, query, cookies[who])
        assert b"sign-out" in received
        if who not in OWN:
            return []
        return [
            f"{who} saw {station} on {page.key}?{query}"
            for station, names in station_names.items()
            if station != OWN[who] and any(name.encode() in received for name in names)
        ]

    # Page by page, the people interleaved: what one run leaves behind, the next person's run finds.
    wanted = list(itertools.product(PAGES, QUERIES, PEOPLE))
    with ThreadPoolExecutor(6) as pool:
        crossed = [line for lines in pool.map(lambda each: look(*each), wanted) for line in lines]
    assert crossed == []


def test_files_made_side_by_side_hold_each_their_own(site, station_names):
    cookies = {who: sign_in(site.url, who) for who in OWN}

    def fetch(who: str) -> str:
        request = urllib.request.Request(
            site.at("download/open.csv?lang=zh&station=S07"), headers={"Cookie": cookies[who]}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read().decode("utf-8-sig")

    asked = [*OWN] * 6
    with ThreadPoolExecutor(4) as pool:
        for who, text in zip(asked, pool.map(fetch, asked), strict=True):
            assert station_names[OWN[who]][0] in text
            for station, names in station_names.items():
                assert station == OWN[who] or not [name for name in names if name in text], (who, station)
