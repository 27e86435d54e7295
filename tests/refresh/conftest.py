"""The small project, once; and an inbox over a warehouse that has been refreshed once."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from closedloop.transform.environment import dbt_home
from tests.intake.files import stations
from tests.refresh.running import Place
from tests.refresh.small_project import small_project
from tests.servers import TO_BUILD, Server
from tests.transform.project_copy import ProjectCopy


@pytest.fixture(scope="package")
def little(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProjectCopy]:
    """The small project. What dbt has parsed of the real one is put aside meanwhile, and back."""
    folder = dbt_home(server.at("closedloop").settings)
    aside = folder.with_name("dbt-aside")
    if folder.exists():
        folder.rename(aside)
    yield small_project(tmp_path_factory.mktemp("little"))
    shutil.rmtree(folder, ignore_errors=True)
    if aside.exists():
        aside.rename(folder)


@pytest.fixture(scope="package")
def refreshed(
    server: Server,
    little: ProjectCopy,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Place]:
    """Station S01, loaded from the inbox, built and published. For copying, and for reading."""
    inbox = tmp_path_factory.mktemp("refreshed") / "inbox"
    inbox.mkdir()
    stations(inbox / "stations.csv", "S01")
    place = Place(server.fresh(TO_BUILD), inbox, little)
    code, said = place.refresh()
    assert code == 0, said
    renamed = server.rename(place.warehouse, "test_refreshed")
    yield replace(place, warehouse=renamed)
    server.drop(renamed)


@pytest.fixture
def make_place(refreshed: Place, tmp_path: Path) -> Iterator[Callable[[], Place]]:
    """Copies of ``refreshed``, each with an empty inbox."""
    server = refreshed.warehouse.server
    made = []

    def make() -> Place:
        inbox = tmp_path / f"{len(made)}" / "inbox"
        inbox.mkdir(parents=True)
        # dbt parses the small project once for all that are alone.
        name = None if made else TO_BUILD
        made.append(Place(server.copy(refreshed.warehouse, name), inbox, refreshed.project))
        return made[-1]

    yield make
    for each in made:
        server.drop(each.warehouse)


@pytest.fixture
def place(make_place: Callable[[], Place]) -> Place:
    """A copy of ``refreshed`` with an empty inbox."""
    return make_place()
