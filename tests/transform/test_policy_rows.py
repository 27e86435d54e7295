"""Rows of the policy that have judged anything cannot be edited; everything else can."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from closedloop.transform.builder import BuildFailed, build
from closedloop.transform.policy_rows import PolicyEdited, refuse_edited_policies
from tests.servers import Warehouse
from tests.transform.project_copy import ProjectCopy

ZONE = "Asia/Shanghai"
USED = "incident-close"
UNUSED = "traffic-fine-penalty"

Row = dict[str, str]


@pytest.fixture
def check(city: Warehouse, project: ProjectCopy, tmp_path: Path) -> Callable[..., None]:
    """Edits a copy of the policy and asks whether a build would accept it."""
    with project.seed("sla_policy").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    path = tmp_path / "sla_policy.csv"

    def edited(edit: Callable[[list[Row]], None], of: Warehouse = city) -> None:
        edit(rows)
        with path.open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        with of.connect(autocommit=True) as conn:
            refuse_edited_policies(conn, path, ZONE)

    return edited


def _set(policy_id: str, **values: str) -> Callable[[list[Row]], None]:
    def edit(rows: list[Row]) -> None:
        (row,) = (row for row in rows if row["policy_id"] == policy_id)
        row.update(values)

    return edit


def _remove(policy_id: str) -> Callable[[list[Row]], None]:
    def edit(rows: list[Row]) -> None:
        rows[:] = [row for row in rows if row["policy_id"] != policy_id]

    return edit


def test_the_unchanged_file_is_accepted(check) -> None:
    check(lambda rows: None)


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (_set(USED, limit_value="5"), "limit_value was changed from 3 to 5"),
        (_set(USED, confirmed_by="市局"), "confirmed_by was changed from empty to 市局"),
        (_remove(USED), "the row was removed"),
        (_set(USED, valid_to="2024-01-01"), "valid_to was set to 2024-01-01, which ends it too early"),
    ],
)
def test_an_edit_of_a_used_row_is_refused_with_row_and_mend(check, edit, says: str) -> None:
    with pytest.raises(PolicyEdited) as refused:
        check(edit)
    sentence = str(refused.value)
    assert f"policy {USED}: {says}" in sentence
    assert "add a new row" in sentence


@pytest.mark.parametrize(
    "edit",
    [
        _set(USED, valid_to="2027-01-01"),
        _set(USED, target_name_en="Feedback of the result"),
        _set(USED, assumed="0"),
        _set(UNUSED, limit_value="90"),
        _remove(UNUSED),
    ],
)
def test_what_changes_no_verdict_is_accepted(check, edit) -> None:
    check(edit)


def test_a_limit_that_nobody_had_confirmed_may_be_confirmed_and_nothing_else(
    check, city, make_warehouse
) -> None:
    made = make_warehouse(of=city)
    with made.connect("owner") as conn:
        # As a build outside the demo leaves it.
        conn.execute("update marts.dim_sla_policy set is_confirmed = false where policy_id = %s", [USED])
    check(_set(USED, confirmed_by="市局", assumed="0", doc_no="〔2025〕1 号"), made)
    with pytest.raises(PolicyEdited, match=f"policy {USED}: limit_value was changed"):
        check(_set(USED, limit_value="5"), made)
    check(_set(USED, limit_value="3"), made)
    check(_set(USED, doc_no="〔2025〕2 号"), made)
    # A row of which nobody says whether it was confirmed may have judged.
    for gone in ("delete from marts.dim_sla_policy", "drop table marts.dim_sla_policy cascade"):
        with made.connect("owner") as conn:
            conn.execute(gone)
        with pytest.raises(PolicyEdited, match=f"policy {USED}: (confirmed_by|doc_no) was changed"):
            check(lambda rows: None, made)


def test_what_was_confirmed_is_not_confirmed_otherwise(check) -> None:
    with pytest.raises(PolicyEdited, match="policy directive-sign-red: confirmed_by was changed"):
        check(_set("directive-sign-red", confirmed_by="市局"))


def test_a_build_refuses_before_it_touches_anything(own_city: Warehouse, project: ProjectCopy) -> None:
    path = project.seed("sla_policy")
    text = path.read_text(encoding="utf-8").replace(
        "directive-dispatch,directive,*", "directive-dispatch,directive,red"
    )
    with (
        project.with_text(path, text),
        pytest.raises(BuildFailed, match=r"failed at policy: .*directive-dispatch"),
    ):
        build(project.of(own_city.settings))
    with own_city.connect() as conn:
        recorded = conn.execute(
            "select stage_failed from ops.builds order by build_id desc limit 1"
        ).fetchone()
    assert recorded == ("policy",)
