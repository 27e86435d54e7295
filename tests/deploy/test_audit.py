"""Known faults of packages are told. That nobody could be asked is told too, and passes for no audit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from closedloop.settings import PROJECT_ROOT

PINS = "babel==2.0\nnumpy==1.0\n"


def _fault(name: str) -> dict:
    """An answer of the service, as OSV words it."""
    events = [{"introduced": "0"}, {"fixed": "9.9"}]
    return {
        "vulns": [
            {
                "id": "PYSEC-0000-1",
                "summary": "a fault",
                "affected": [
                    {
                        "package": {"name": name, "ecosystem": "PyPI"},
                        "ranges": [{"type": "ECOSYSTEM", "events": events}],
                    }
                ],
            }
        ]
    }


@pytest.fixture
def service() -> Iterator[Callable[[set[str]], str]]:
    """``service(faulty)``: the address of a service that speaks OSV's protocol and knows faults of these."""
    running: list[ThreadingHTTPServer] = []

    def start(faulty: set[str]) -> str:
        class Answers(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
                name = asked["package"]["name"]
                body = json.dumps(_fault(name) if name in faulty else {}).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        running.append(server)
        return f"http://127.0.0.1:{server.server_port}/v1/query"

    yield start
    for server in running:
        server.shutdown()


def _audit(url: str, folder: Path, *options: str) -> tuple[int, str]:
    pins = folder / "pins.txt"
    pins.write_text(PINS)
    done = subprocess.run(
        [sys.executable, "deploy/audit.py", "--pins", str(pins), *options],
        cwd=PROJECT_ROOT,
        env={**os.environ, "AUDIT_OSV_URL": url, "XDG_CACHE_HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_a_known_fault_fails_wherever_it_is_asked(service, tmp_path):
    url = service({"jinja2", "numpy"})
    for options in ((), ("--where-reachable",)):
        code, said = _audit(url, tmp_path, *options)
        assert code == 1 and "numpy 1.0: PYSEC-0000-1, mended in 9.9" in said and "babel" not in said


def test_no_known_fault_is_said_of_a_service_that_knows_some(service, tmp_path):
    assert _audit(service({"jinja2"}), tmp_path) == (0, "pip-audit: no known fault in pins.txt\n")


def test_a_service_that_knows_nothing_is_not_believed(service, tmp_path):
    code, said = _audit(service(set()), tmp_path)
    assert code == 2 and "NOT RUN, the service knows of no fault in jinja2" in said


def test_where_nobody_answers_lint_says_so_in_a_line_and_audit_fails(tmp_path):
    nobody = "http://127.0.0.1:1/v1/query"
    code, said = _audit(nobody, tmp_path)
    assert code == 2 and said.startswith("pip-audit: NOT RUN, no answer from 127.0.0.1")
    code, said = _audit(nobody, tmp_path, "--where-reachable")
    assert code == 0 and said.startswith("pip-audit: NOT RUN, no answer") and said.count("\n") == 1
