"""The models' documentation: a file that a browser reads without a network, and comments in the database."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from closedloop.settings import PROJECT_ROOT
from closedloop.transform.documentation import write_documentation
from tests.described import MODELS, models
from tests.servers import Warehouse


@pytest.mark.browser
def test_it_shows_a_model_and_asks_nobody_for_anything(
    city: Warehouse, browser: Browser, tmp_path: Path
) -> None:
    with city.in_environment():
        made = write_documentation(tmp_path / "models.html", print, city.settings)
    assert str(PROJECT_ROOT) not in made.read_text()
    asked: list[str] = []
    page = browser.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{made.as_uri()}#!/model/model.closedloop.fct_work_items")
    expect(page.get_by_role("heading", name="fct_work_items")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("One row per", exact=False).first).to_be_visible()
    page.close()
    # A browser that shows a file may look beside it for an icon; it speaks to nobody.
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


def test_every_mart_says_in_the_database_what_its_yaml_says(city: Warehouse) -> None:
    written = {}
    for model in models(MODELS / "marts"):
        columns = {column["name"]: column["description"] for column in model.get("columns", [])}
        for name, text in {None: model["description"], **columns}.items():
            written[model["name"], name] = " ".join(text.split())
    with city.connect() as connection:
        said = {
            (relation, column): description and " ".join(description.split())
            for relation, column, description in connection.execute(
                """
                select relname, null, obj_description(oid, 'pg_class') from pg_class
                where relnamespace = 'marts'::regnamespace and relkind in ('r', 'v')
                union all
                select c.relname, a.attname, col_description(c.oid, a.attnum)
                from pg_class c
                inner join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
                where c.relnamespace = 'marts'::regnamespace and c.relkind in ('r', 'v')
                """
            )
        }
    # A text that many columns share is written elsewhere, and named.
    assert [key for key, text in said.items() if not text or text.startswith("{{")] == []
    literal = {key: text for key, text in said.items() if not written[key].startswith("{{")}
    assert len(literal) > 400
    assert [key for key, text in literal.items() if text != written[key]] == []
