"""Disputes, diversions, volunteers: the page says what the question answers, and so does its download."""

from __future__ import annotations

import csv
import io
import urllib.request
from datetime import timedelta
from types import SimpleNamespace

import pytest

from closedloop.queries.disputes import dispute_items, found_disputes
from closedloop.queries.diversions import diversion_items, sent_diversions
from closedloop.queries.reading import rows
from closedloop.queries.volunteers import serving_volunteers, volunteer_activities
from closedloop.ui.language import texts_for
from closedloop.ui.reporting import Reporting
from closedloop.warehouse import Scope
from tests.oracle.stories import local
from tests.ui.streaming import sent, sign_in

CITY = Scope.city()
PERIOD = "from=2023-07-31&to=2024-12-31"
SINCE, UNTIL = local("2023-07-31 00:00"), local("2025-01-01 00:00")


@pytest.fixture(scope="module")
def answers(city) -> dict[str, dict]:
    """The rows for all of each question, at the latest moment."""
    with city.connect() as connection:
        (latest,) = connection.execute("select default_as_of from marts.ops_status").fetchone()
    with city.in_environment():
        asked = {
            "disputes": found_disputes(CITY, latest, SINCE, UNTIL),
            "diversions": sent_diversions(CITY, latest, SINCE, UNTIL),
            "serving": serving_volunteers(CITY, latest, latest.date()),
            "done": volunteer_activities(CITY, latest, SINCE, UNTIL),
        }
        lists = {
            "disputes": len(dispute_items(CITY, latest, "found", SINCE, UNTIL)),
            "diversions": len(diversion_items(CITY, latest, "sent", SINCE, UNTIL)),
        }
    return {
        "lists": lists,
        **{name: [r for r in rows(a) if r["dimension"] == "all"] for name, a in asked.items()},
    }


def _downloaded(site, cookie: str, address: str) -> tuple[list[str], list[list[str]]]:
    request = urllib.request.Request(site.at(f"download/{address}"), headers={"Cookie": cookie})
    with urllib.request.urlopen(request, timeout=60) as answer:
        lines = list(csv.reader(io.StringIO(answer.read().decode("utf-8-sig"))))
    start = lines.index([]) + 1
    return lines[start], lines[start + 1 :]


def test_disputes_page_and_downloads_say_what_was_asked(site, answers):
    (row,), cookie = answers["disputes"], sign_in(site.url, "leadership")
    page = sent(site.url, "disputes", f"{PERIOD}&lang=en", cookie).decode("utf-8", "replace")
    assert f"{row['resolved']} of {row['counted']}" in page
    assert "never added" in page
    _, listed = _downloaded(site, cookie, f"disputes.csv?{PERIOD}&view=found&lang=en")
    assert len(listed) == answers["lists"]["disputes"] == row["found"] > 0
    header, figures = _downloaded(site, cookie, f"dispute_figures.csv?{PERIOD}&by=station&lang=en")
    for name, outcome in (("Resolved", "resolved"), ("Held stable", "stabilised"), ("Found", "found")):
        column = header.index(name)
        # A station without any has a zero, not an empty cell.
        assert sum(int(line[column]) for line in figures) == row[outcome]
    assert len(figures) == 15


def test_diversions_page_and_downloads_say_what_was_asked(site, answers):
    (row,), cookie = answers["diversions"], sign_in(site.url, "leadership")
    page = sent(site.url, "diversions", f"{PERIOD}&lang=en", cookie).decode("utf-8", "replace")
    assert f"{row['fed_back']} of {row['sent']}" in page
    _, listed = _downloaded(site, cookie, f"diversions.csv?{PERIOD}&view=sent&lang=en")
    assert len(listed) == answers["lists"]["diversions"] == row["sent"] > 0
    header, figures = _downloaded(site, cookie, f"diversion_figures.csv?{PERIOD}&lang=en")
    for name in ("sent", "returned"):
        column = header.index({"sent": "Sent", "returned": "Returned at least once"}[name])
        assert sum(int(line[column]) for line in figures) == row[name]


def test_what_is_too_young_to_be_known_is_not_shown_as_zero(site):
    cookie = sign_in(site.url, "leadership")
    wire = sent(site.url, "diversions", "from=2025-04-01&to=2025-04-24&lang=en", cookie)
    assert b"The 30 days are not over yet for any of them" in wire
    assert b"not yet known" in wire
    wire = sent(site.url, "diversions", f"{PERIOD}&lang=en", cookie)
    assert b"The 30 days are not over yet for any of them" not in wire


def test_a_station_is_silent_up_to_the_moment_its_first_report_of_the_period_begins():
    texts = texts_for("zh", SINCE.tzinfo)
    visit = SimpleNamespace(texts=texts, t=texts.t, period=(SINCE, UNTIL), known_until=UNTIL)
    second = timedelta(seconds=1)
    reported = Reporting(
        visit, {"never": None, "before": SINCE - second, "sharp": SINCE, "after": SINCE + second}
    )
    assert [s for s in reported.known_until if reported.is_silent(s)] == ["never", "before", "sharp"]
    assert reported.text("sharp") == "未报"
    assert reported.text("after") == texts.moment(SINCE)
    assert not reported.is_silent("UNASSIGNED") and reported.text("UNASSIGNED") == "—"
    assert not reported.all_silent
    assert Reporting(visit, {"never": None, "sharp": SINCE}).all_silent


def test_volunteers_are_numbers_on_page_and_download(site, answers, city):
    (serving,), cookie = answers["serving"], sign_in(site.url, "leadership")
    wire = sent(site.url, "volunteers", f"{PERIOD}&lang=en", cookie)
    page = wire.decode("utf-8", "replace")
    assert f"{serving['volunteers']:,}" in page and f">{int(serving['posts'])}<" in page
    header, figures = _downloaded(site, cookie, f"volunteers.csv?{PERIOD}&by=squad&lang=en")
    patrols = next(r["activities"] for r in answers["done"] if r["kind"] == "patrol")
    assert sum(int(line[header.index("Patrols")]) for line in figures) == patrols > 0
    with city.connect("owner") as connection:
        persons = connection.execute("select volunteer_id from raw.volunteers").fetchall()
    assert not [person for (person,) in persons if person.encode() in wire]
