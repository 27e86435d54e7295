"""The whole bundle, installed and run where there is no route to anywhere: ``make bundle-test``.

Left out of ``make test`` for its time (about two minutes); continuous integration runs it after that.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.deploy.bundles import install, make, unpack, without_network
from tests.servers import open_folder

#: Runs in the installed project, in the same namespace as the product: from nothing to a signed-in list.
_VISIT = """
import os, signal, subprocess, sys, urllib.request
from pathlib import Path
python, folder = sys.argv[1:]
subprocess.run([python, "-m", "closedloop", "demo", "--out", folder, "--scale", "0.02"], check=True)
run = subprocess.Popen(
    [python, "-m", "closedloop", "run"], env=os.environ | {"CLOSEDLOOP_DEMO_DIR": folder},
    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
)
try:
    for line in run.stdout:
        print(line, end="", flush=True)
        if "ready after" in line:
            break
    address = f"http://localhost:{os.environ['CLOSEDLOOP_PORT']}"
    visitor = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    print("HEALTH", visitor.open(f"{address}/healthz", timeout=30).read().decode())
    # The session cookie, then the pages, then a list that asks the marts and leaves as a file.
    print("SIGNED IN", visitor.open(f"{address}/demo/sign-in", b"who=leadership", timeout=30).status)
    with visitor.open(f"{address}/download/open.csv", timeout=60) as answer:
        print("ROWS", answer.status, answer.read().decode("utf-8-sig").count("\\n"))
finally:
    run.send_signal(signal.SIGTERM)
    run.wait(timeout=60)
"""


@pytest.mark.bundle
@pytest.mark.timeout(1200)
def test_the_whole_product_installs_and_serves_pages_without_a_network() -> None:
    alone = without_network()
    folder = open_folder()
    try:
        bundle = unpack(make(folder / "out"), folder / "unpacked")
        assert {path.name for path in (bundle / "fonts").iterdir()} >= {"NotoSansCJK-Regular.ttc", "LICENSE"}
        target = folder / "there"
        done = install(bundle, target, *alone)
        assert done.returncode == 0, done.stderr
        visited = _visit(target, folder / "home", alone)
        assert 'HEALTH {"status":"ok","warehouse":true}' in visited
        assert "SIGNED IN 200" in visited
        assert int(visited.rpartition("ROWS 200 ")[2].split()[0]) > 20
    finally:
        subprocess.run(["rm", "-rf", str(folder)], check=True)


def _visit(target: Path, home: Path, alone: list[str]) -> str:
    python = str(target / ".venv" / "bin" / "python")
    done = subprocess.run(
        [*alone, python, "-c", _VISIT, python, str(home.parent / "exports")],
        cwd=target,
        env={
            "PATH": os.environ["PATH"], "HOME": "/nonexistent",
            "CLOSEDLOOP_HOME": str(home), "CLOSEDLOOP_PORT": "8501",
        },
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return done.stdout
