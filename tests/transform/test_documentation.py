"""The models' documentation is one file that a browser reads without a network."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from closedloop.settings import PROJECT_ROOT
from closedloop.transform.documentation import write_documentation
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
