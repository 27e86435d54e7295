"""What the page server remembers: bounded, for a while, and nobody's but whose it is."""

from __future__ import annotations

import gc
import re
import threading
import tracemalloc
import weakref
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pandas as pd
import pytest

from closedloop.queries.loading import builds
from closedloop.queries.reading import BUILD
from closedloop.settings import PROJECT_ROOT
from closedloop.ui import asking
from closedloop.ui.asking import BuildChanged, ask, ask_rows
from closedloop.ui.kept import ENTRY, Kept, packed
from closedloop.warehouse.scope import Scope

NOON = datetime(2025, 4, 25, 4, tzinfo=UTC)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


#: What ten letters take, and a memory with room for eight of them.
EACH = len(packed("a" * 10)) + len(repr("a")) + ENTRY
EIGHT = 8 * EACH


def test_what_was_used_longest_ago_goes_first_and_the_room_is_never_exceeded():
    kept = Kept(EIGHT, 60)
    made: list[str] = []

    def get(name: str) -> str:
        return kept.get(name, lambda: made.append(name) or name * 10)

    for name in "abcdefgh":
        get(name)
    assert (kept.held, len(kept)) == (EIGHT, 8)
    get("a")
    get("i")
    assert (kept.held, made) == (EIGHT, [*"abcdefghi"])
    get("a")
    get("b")
    assert made == [*"abcdefghib"]


def test_what_is_larger_than_an_eighth_of_the_room_is_handed_out_and_not_kept():
    kept = Kept(EIGHT, 60)
    long = "abcdefghijklmnopqrstuvwxyz"
    assert kept.get("a", lambda: long) == long
    assert (kept.held, len(kept), kept.find("a")) == (0, 0, None)


def test_a_key_of_any_length_is_counted():
    """A key holds what stands in an address: 400 KB of it took 400 KB, and were counted as two."""
    kept = Kept(2**16, 60)
    for number in range(100):
        kept.get(f"{number:04}" + "从" * 1000, lambda: "short")
    assert len(kept) > 10 and len(kept) * (ENTRY + 3000) < kept.held <= 2**16
    assert kept.get("x" * 2**16, lambda: "short") == "short"
    assert kept.find("x" * 2**16) is None


def test_many_small_answers_take_no_more_than_is_said_of_them():
    """As frames they took seven times what was counted."""
    kept = Kept(2**26, 60)

    def keep(number: int) -> None:
        scope = Scope.of_stations([f"S{number % 31:02}"], "station_head")
        key = (".".join(("closedloop.queries.some", "question")), scope, NOON, 7, repr([("number", number)]))
        frame = pd.DataFrame({name: [f"{name} {number}"] for name in "abcdefghij"} | {"at": [NOON]})
        kept.get(key, lambda: frame)

    keep(-1)
    gc.collect()
    before = kept.held
    tracemalloc.start()
    try:
        for number in range(200):
            keep(number)
        gc.collect()
        taken = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert len(kept) == 201
    assert taken < kept.held - before < 2 * taken


def test_nothing_is_kept_for_longer_than_said():
    clock = Clock()
    kept = Kept(EIGHT, 60, clock)
    assert kept.get("a", lambda: "old") == "old"
    clock.now = 59.9
    assert kept.get("a", lambda: "new") == "old"
    clock.now = 60
    assert kept.get("a", lambda: "new") == "new"
    assert kept.held == len(packed("new")) + len(repr("a")) + ENTRY


def test_what_several_ask_at_once_is_worked_out_once():
    kept = Kept(EIGHT, 60)
    began, go, made = threading.Event(), threading.Event(), []

    def make() -> str:
        made.append("x")
        began.set()
        assert go.wait(30)
        return "x"

    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(kept.get, "a", make)
        assert began.wait(30)
        others = [pool.submit(kept.get, "a", make) for _ in range(3)]
        go.set()
        assert [each.result() for each in (first, *others)] == ["x"] * 4
    assert made == ["x"]


def test_a_failure_is_the_askers_own_and_the_next_one_tries():
    kept = Kept(EIGHT, 60)
    with pytest.raises(ZeroDivisionError):
        kept.get("a", lambda: str(1 // 0))
    assert kept.get("a", lambda: "x") == "x"


@pytest.fixture
def question(monkeypatch: pytest.MonkeyPatch):
    """A question that counts how often it is put; nothing of it outlives the test."""
    monkeypatch.setattr(asking, "_ANSWERS", Kept(2**20, 60))

    def stations(scope: Scope, as_of: datetime, **_: object) -> pd.DataFrame:
        stations.asked.append(scope)
        frame = pd.DataFrame({"station": [scope.setting()], "items": [[1, 2]]})
        frame.attrs[BUILD] = 7
        return frame

    stations.asked = []
    return stations


def test_an_answer_belongs_to_one_scope_moment_build_and_filter(question):
    for _ in range(2):
        for scope in (
            Scope.of_stations(["S03"]),
            Scope.of_stations(["S07"]),
            Scope.of_stations(["S03"], "station_head"),
            Scope.city(),
            Scope.nowhere("leadership"),
            Scope.wall("*"),
            Scope.wall(["S03"]),
        ):
            assert ask(question, scope, NOON, 7)["station"].tolist() == [scope.setting()]
    assert len(question.asked) == 7
    ask(question, Scope.city(), NOON, 7, station="S03")
    ask(question, Scope.city(), NOON.replace(hour=5), 7)
    assert len(question.asked) == 9
    # The same stations in another order are the same scope.
    ask(question, Scope.of_stations(["S03", "S07"]), NOON, 7)
    ask(question, Scope.of_stations(["S07", "S03"]), NOON, 7)
    assert len(question.asked) == 10


def test_what_a_page_does_to_its_answer_reaches_nobody_else(question):
    frame = ask(question, Scope.city(), NOON, 7)
    frame["more"] = 1
    frame.loc[0, "station"] = "changed"
    frame.attrs[BUILD] = 0
    (row,) = ask_rows(question, Scope.city(), NOON, 7)
    row["station"] = "changed"
    again = ask(question, Scope.city(), NOON, 7)
    assert list(again.columns) == ["station", "items"] and again["station"].tolist() == ["*"]
    assert again.attrs[BUILD] == 7
    assert ask_rows(question, Scope.city(), NOON, 7) == [{"station": "*", "items": [1, 2]}]
    assert len(question.asked) == 1


def test_handing_an_answer_out_leaves_nothing_behind_in_what_is_kept(monkeypatch: pytest.MonkeyPatch):
    """Shallow copies left weak references in every column: 66,000 after 500 runs."""
    monkeypatch.setattr(asking, "_ANSWERS", Kept(2**20, 60))

    def wide(_scope: Scope, _as_of: datetime) -> pd.DataFrame:
        frame = pd.DataFrame({name: [name] for name in "abcdefghij"})
        frame.attrs[BUILD] = 7
        return frame

    def weak() -> int:
        gc.collect()
        return sum(type(each) is weakref.ReferenceType for each in gc.get_objects())

    ask(wide, Scope.city(), NOON, 7)
    before = weak()
    for _ in range(600):
        ask(wide, Scope.city(), NOON, 7)
    # 500 for the names of the columns, which copies share; ten times as many if they shared the columns.
    assert weak() - before < 1000


def test_what_changes_between_two_builds_is_asked_again_soon():
    """Marts never change once published, so their answers stay; what reads anything else must say so."""
    outside = {
        (file.stem, relation)
        for file in (PROJECT_ROOT / "closedloop" / "queries").glob("*.py")
        for relation in re.findall(r"\b(?:from|join) ((?:status|access|ops|raw)\.\w+)", file.read_text())
    }
    assert outside == {("loading", "status.builds"), ("status", "status.builds"), ("status", "status.loads")}
    assert {builds} == asking.CHANGING and asking.CHANGING_SECONDS <= 60


def test_an_answer_of_another_build_is_neither_shown_nor_kept(question):
    with pytest.raises(BuildChanged):
        ask(question, Scope.city(), NOON, 6)
    with pytest.raises(BuildChanged):
        ask(question, Scope.city(), NOON, 6)
    assert len(question.asked) == 2
