"""The benchmark that README quotes runs, and tells of every page. How long they take is not tested."""

import os
import re
import subprocess
import sys

from closedloop.settings import PROJECT_ROOT
from closedloop.ui.registry import PAGES


def test_every_page_is_timed_again_for_a_station_and_as_never_asked(site):
    done = subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks.pages", "--url", site.url, "--pid", str(site.pid)),
            *("--rounds", "1", "--clients", "1"),
        ],
        cwd=PROJECT_ROOT,
        env={**os.environ, **site.warehouse.environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    lines = [line.strip("| ").split(" | ") for line in done.stdout.splitlines() if line.startswith("| ")]
    assert [len(line) for line in lines] == [4] * (len(PAGES) + 2)
    assert [line[0] for line in lines[1:]] == [*(page.key for page in PAGES), "**all**"]
    chooses_stations = {page.key for page in PAGES if "station" in page.filters} | {"**all**"}
    for page, *cells in lines[1:]:
        told = [re.fullmatch(r"\d+ / \d+", cell) is not None for cell in cells]
        assert told == [True, page in chooses_stations, True], page
    assert re.search(r"\n\d+ runs measured", done.stdout) and "MB resident after the run" in done.stdout
