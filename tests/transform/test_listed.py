"""A metric or a rule that lacks its file or its row is named before anything is built, with the mend."""

from __future__ import annotations

import pytest

from closedloop.errors import ClosedloopError
from closedloop.settings import get_settings
from closedloop.transform.builder import BuildFailed, build
from closedloop.transform.listed import refuse_unlisted
from closedloop.transform.project import DbtProject
from tests.servers import Warehouse
from tests.transform.project_copy import ProjectCopy

MARTS = ("dbt_project", "models", "marts")


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("metrics/metric_calls_at_night.sql", r"metrics\.csv: append one whose id is calls_at_night,"),
        ("metrics/metric_values_hours_on_foot.sql", r"metrics\.csv: append one whose id is hours_on_foot,"),
        ("findings/finding_no_such_rule.sql", r"finding_rules\.csv: append one whose id is no_such_rule,"),
    ],
)
def test_a_file_without_a_row_is_named(project: ProjectCopy, file: str, said: str) -> None:
    found = DbtProject.of(project.of(get_settings()))
    refuse_unlisted(found)
    path = project.root.joinpath(*MARTS, file)
    with project.with_text(path, "select 1"), pytest.raises(ClosedloopError, match=said) as refused:
        refuse_unlisted(found)
    assert path.name in str(refused.value)


@pytest.mark.parametrize(
    ("seed", "said"),
    [
        ("metrics", r"a row open_bills, and models/marts/metrics has no metric_open_bills\.sql"),
        ("finding_rules", r"a row open_bills, and models/marts/findings has no finding_open_bills\.sql"),
    ],
)
def test_a_row_without_a_file_is_named(project: ProjectCopy, seed: str, said: str) -> None:
    path = project.seed(seed)
    text = path.read_text(encoding="utf-8")
    added = "open_bills" + text.splitlines()[-1][text.splitlines()[-1].index(",") :] + "\n"
    with project.with_text(path, text + added), pytest.raises(ClosedloopError, match=said):
        refuse_unlisted(DbtProject.of(project.of(get_settings())))


def test_a_build_says_it_and_begins_nothing(own_city: Warehouse, project: ProjectCopy) -> None:
    path = project.root.joinpath(*MARTS, "metrics", "metric_calls_at_night.sql")
    with (
        project.with_text(path, "select 1"),
        pytest.raises(BuildFailed, match=r"failed at catalogue: .*metric_calls_at_night\.sql has no row"),
    ):
        build(project.of(own_city.settings))
    with own_city.connect() as conn:
        (stage,) = conn.execute(
            "select stage_failed from ops.builds order by build_id desc limit 1"
        ).fetchone()
    assert stage == "catalogue"
