"""``make audit``: are there known faults in the packages that are pinned? Asks a vulnerability service (OSV).

The service is first asked about a release whose faults everybody knows. One that does not answer, or knows
nothing of those, says nothing about ours: then nothing was audited, and that is said. (Behind some mirrors of
the package index every release is "not found", and pip-audit calls that no known vulnerabilities.)

``AUDIT_OSV_URL`` names another service that speaks OSV's protocol, on an intranet perhaps. Exit codes: 0 no
known fault, 1 known faults, 2 not audited (0 with ``--where-reachable``).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

PROJECT = Path(__file__).parents[1]
#: A release whose faults have been known for years.
KNOWN_TO_BE_FAULTY = "jinja2==2.4.1"
_OSV = "https://api.osv.dev/v1/query"
_SECONDS = 5


class NotAudited(Exception):
    """Nothing can be said about the packages; the message says why."""


def faults(pins: Path, url: str | None) -> list[str]:
    """The known faults of pinned releases, one line each. Raises NotAudited."""
    found = []
    for package in _asked(pins, url):
        if "skip_reason" in package:
            raise NotAudited(f"{package['name']} could not be looked up: {package['skip_reason']}")
        for fault in package["vulns"]:
            mended = ", ".join(fault["fix_versions"]) or "none yet"
            found.append(f"{package['name']} {package['version']}: {fault['id']}, mended in {mended}")
    return found


def require_service(url: str | None) -> None:
    """Raise NotAudited unless the service answers and knows of what everybody knows."""
    with tempfile.TemporaryDirectory() as folder:
        pins = Path(folder) / "known.txt"
        pins.write_text(KNOWN_TO_BE_FAULTY)
        if not faults(pins, url):
            raise NotAudited(f"the service knows of no fault in {KNOWN_TO_BE_FAULTY}, which has some")


def _asked(pins: Path, url: str | None) -> list[dict]:
    command = [
        sys.executable, "-m", "pip_audit", "--vulnerability-service", "osv",
        *(["--osv-url", url] if url else []),
        "--disable-pip", "--no-deps", "--requirement", str(pins), "--format", "json",
        "--progress-spinner", "off", "--timeout", str(_SECONDS),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True)
    try:
        return json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        kind = (done.stderr.strip().splitlines() or ["nothing said"])[-1].partition(":")[0]
        raise NotAudited(f"no answer from {urlsplit(url or _OSV).hostname} ({kind})") from None


def main() -> int:
    """Say what is known, and return the exit code."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument(
        "--where-reachable", action="store_true", help="an unreachable service is no failure"
    )
    options.add_argument("--pins", type=Path, default=PROJECT / "constraints.txt")
    chosen = options.parse_args()
    url = os.environ.get("AUDIT_OSV_URL")
    try:
        require_service(url)
        found = faults(chosen.pins, url)
    except NotAudited as reason:
        later = "; make audit asks again, and fails where it cannot" if chosen.where_reachable else ""
        print(f"pip-audit: NOT RUN, {reason}{later}")
        return 0 if chosen.where_reachable else 2
    if found:
        print("pip-audit: known faults\n" + "\n".join(found))
        return 1
    print(f"pip-audit: no known fault in {chosen.pins.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
