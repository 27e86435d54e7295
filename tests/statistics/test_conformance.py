"""Walks and their loops: published measures on a line, and our own on the loops that the seeds describe."""

from __future__ import annotations

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest import approx

from closedloop.settings import PROJECT_ROOT
from closedloop.statistics.conformance import alignment_fitness, pooled, token_fitness
from closedloop.statistics.loop_conformance import Loop, LoopStage, Step, conformance
from tests.statistics.series import quick

LINE = "1234567"
WALKS = st.lists(st.sampled_from("12345679"), max_size=14)


def _loop(name: str) -> Loop:
    with (PROJECT_ROOT / "seeds" / "reference" / "loop_stages.csv").open(encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row["loop"] == name]
    return Loop(
        tuple(
            LoopStage(
                row["stage"],
                row["next_stage"] or None,
                row["next_on_failed"] or None,
                required=row["required"] == "1",
                repeatable=row["repeatable"] == "1",
                milestone=row["milestone"] == "1",
                closes=row["closes"] == "1",
            )
            for row in rows
        )
    )


DIRECTIVE = _loop("directive")
BEFORE = ["receive", "dispatch", "handle", "collect"]
STEPS = dict(zip("1234567", [*BEFORE, "inspect", "rectify", "feedback"], strict=True)) | {
    "9": "no such stage"
}


def fits(walk: str, closed: bool = True) -> float:
    return conformance([STEPS[step] for step in walk], DIRECTIVE, closed).value


@pytest.mark.parametrize("walk", ["1234567", "123457", "1234563457", "12345657", "12345656567", "122334457"])
def test_good_behaviour_fits_wholly(walk: str) -> None:
    assert fits(walk) == 1


@pytest.mark.parametrize("end", range(1, 8))
def test_an_open_item_is_judged_on_the_prefix_it_has_walked(end: int) -> None:
    assert fits(LINE[:end], closed=False) == 1
    assert fits("134"[:end], closed=False) == (1 if end == 1 else approx(1 - 1 / min(end, 3)))


def test_what_was_passed_over_is_named() -> None:
    ours = conformance(["receive", "handle", "collect", "inspect", "feedback"], DIRECTIVE, True)
    assert (ours.passed_over, ours.out_of_place) == (("dispatch",), ())
    assert ours.value == approx(1 - 1 / 11)
    stopped = conformance(["receive", "dispatch", "handle"], DIRECTIVE, True)
    assert stopped.passed_over == ("collect", "inspect", "feedback") and stopped.value == approx(1 - 3 / 9)


def test_what_was_out_of_place_is_named_by_its_position() -> None:
    ours = conformance(
        ["receive", "dispatch", "nonsense", "handle", "collect", "inspect", "feedback", "collect"],
        DIRECTIVE,
        True,
    )
    assert (ours.passed_over, ours.out_of_place) == ((), (2, 7))


def test_a_failed_inspection_calls_for_rectifying() -> None:
    failed = conformance([*BEFORE, Step("inspect", failed=True), "feedback"], DIRECTIVE, True)
    assert failed.passed_over == ("rectify",)
    mended = [*BEFORE, Step("inspect", failed=True), "rectify", Step("inspect", failed=False), "feedback"]
    assert conformance(mended, DIRECTIVE, True).value == 1
    needless = [*BEFORE, Step("inspect", failed=False), "rectify", "inspect", "feedback"]
    assert conformance(needless, DIRECTIVE, True).value < 1


def test_milestones_pass_by() -> None:
    signed = ["receive", "dispatch", "sign", "handle", "collect", "inspect", "feedback"]
    assert conformance(signed, DIRECTIVE, True).value == 1
    assert conformance([*signed[:3], "nonsense"], DIRECTIVE, False).out_of_place == (3,)


def test_an_optional_stage_may_stand_between() -> None:
    dispute = _loop("dispute")
    for walk in (
        ["find", "assign", "mediate", "stabilise", "conclude"],
        ["find", "assign", "mediate", "conclude"],
    ):
        assert conformance(walk, dispute, True).value == 1
    # A hazard's 复核 after a failed one is not optional: 整治 alone does not close it.
    hazard = ["report", "refer", "fix", Step("verify", failed=True), "fix", "close"]
    assert conformance(hazard, _loop("hazard"), True).passed_over == ("verify",)


def test_nothing_walked_yet() -> None:
    assert fits("", closed=False) == 1
    assert fits("", closed=True) == 0


@pytest.mark.parametrize(
    "name", ["directive", "incident", "dispute", "diversion", "hazard", "call", "traffic_fine"]
)
def test_every_loop_of_the_seeds_fits_itself(name: str) -> None:
    loop = _loop(name)
    required = [stage.stage for stage in loop.stages if stage.required and not stage.milestone]
    assert conformance(required, loop, True).value == 1


@quick
@given(WALKS, st.booleans())
def test_a_fitness_lies_between_nothing_and_wholly(walk: list[str], closed: bool) -> None:
    ours = conformance([STEPS[step] for step in walk], DIRECTIVE, closed)
    assert 0 <= ours.value <= 1
    assert ours.misfits == len(ours.passed_over) + len(ours.out_of_place)
    as_open = conformance([STEPS[step] for step in walk], DIRECTIVE, False)
    assert as_open.misfits <= ours.misfits, "an open item can still do what a closed one has left out"


@quick
@given(WALKS)
def test_our_measure_objects_to_no_more_than_the_line_does(walk: list[str]) -> None:
    ours = conformance([STEPS[step] for step in walk], DIRECTIVE, True)
    assert ours.misfits <= alignment_fitness(walk, LINE).misfits


@quick
@given(WALKS)
def test_published_measures_stay_in_bounds_and_a_whole_line_fits(walk: list[str]) -> None:
    for measure in (token_fitness, alignment_fitness):
        assert 0 <= measure(walk, LINE).value <= 1
        assert measure(LINE, LINE).value == 1
        assert measure([], LINE).value < 1
    assert pooled([]).value == 1


def test_a_very_long_walk_is_judged() -> None:
    walk = [*BEFORE, *["inspect", "rectify"] * 1_000, "inspect", "feedback"]
    assert conformance(walk, DIRECTIVE, True).value == 1


def test_a_loop_that_names_what_it_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="leads to 'nowhere', which the loop does not have"):
        Loop((LoopStage("a", next_stage="nowhere"),))
    with pytest.raises(ValueError, match="names each stage once"):
        Loop((LoopStage("a"), LoopStage("a")))
    with pytest.raises(ValueError, match="no milestone"):
        Loop((LoopStage("a", milestone=True),))
    with pytest.raises(ValueError, match="a line names each stage once"):
        token_fitness("11", "11")
