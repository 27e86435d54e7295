"""The models' documentation is one file that a browser reads without a network."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from closedloop.settings import PROJECT_ROOT
from closedloop.transform.documentation import write_documentation
from tests.servers import Warehouse

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.mark.browser
def test_it_shows_a_model_and_asks_nobody_for_anything(city: Warehouse, tmp_path: Path) -> None:
    if CHROMIUM is None:
        pytest.skip("no chromium here; apt-get install chromium fonts-noto-cjk runs the browser tests")
    from playwright.sync_api import expect, sync_playwright

    with city.in_environment():
        made = write_documentation(tmp_path / "models.html", print, city.settings)
    assert str(PROJECT_ROOT) not in made.read_text()
    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{made.as_uri()}#!/model/model.closedloop.fct_work_items")
        expect(page.get_by_role("heading", name="fct_work_items")).to_be_visible(timeout=30_000)
        expect(page.get_by_text("One row per", exact=False).first).to_be_visible()
        browser.close()
    # A browser that shows a file may look beside it for an icon; it speaks to nobody.
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
