"""The benchmark of intake runs, and its parts are the parts of a load. Its speed is no test's business."""

import re
import subprocess
import sys

from closedloop.settings import PROJECT_ROOT


def test_every_row_is_accounted_for_and_the_parts_make_up_the_whole():
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.intake", "--incidents", "2000"],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    read, accepted, unchanged, quarantined = map(
        int,
        re.search(
            r"(\d+) rows read = (\d+) accepted \+ (\d+) unchanged \+ (\d+) quarantined",
            done.stdout.replace(",", ""),
        ).groups(),
    )
    assert read == accepted + unchanged + quarantined >= 2000
    parts = re.findall(r"^(\w.*?) +(\d+\.\d+) +\d+\.\d+ +\d+\.\d+ +\d+\.\d+$", done.stdout, re.M)
    named = {name: float(clock) for name, clock in parts}
    whole = named.pop("intake")
    assert named.pop("bare COPY") > 0
    assert {"read the file", "map the columns", "validate, mask, hash", "derive stage events"} <= set(named)
    # Each is rounded.
    assert abs(sum(named.values()) - whole) < 0.01 * len(parts)
