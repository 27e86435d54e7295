"""Bundles made for tests, and commands that run where there is no network."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from closedloop.settings import PROJECT_ROOT

#: Runs in a new network namespace: brings the loopback up, shows that it is alone, becomes the command.
_ALONE = """
import fcntl, os, socket, struct, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
    fcntl.ioctl(probe, 0x8914, struct.pack("16sH14s", b"lo", 0x49, b""))
    assert [name for _, name in socket.if_nameindex()] == ["lo"], "there is more than a loopback"
    try:
        probe.connect(("192.0.2.1", 53))
    except OSError:
        pass
    else:
        sys.exit("this namespace has a route to somewhere")
os.execvp(sys.argv[1], sys.argv[1:])
"""


def without_network() -> list[str]:
    """What to put before a command so that it has a loopback and no route; skips where the kernel says no."""
    ways = (
        ["unshare", "--net"],
        ["unshare", "--user", "--map-current-user", "--keep-caps", "--net"],
    )
    for way in ways:
        command = [*way, sys.executable, "-c", _ALONE]
        if subprocess.run([*command, "true"], check=False, capture_output=True).returncode == 0:
            return command
    pytest.skip(
        "no network namespace may be made here (unshare --net): run as root, or allow user namespaces"
    )


def make(out: Path, *options: str) -> Path:
    """``deploy/bundle.py`` with these options; the file it made."""
    subprocess.run([sys.executable, "deploy/bundle.py", "--out", out, *options], check=True, cwd=PROJECT_ROOT)
    (made,) = out.glob("*.tar")
    return made


def unpack(bundle: Path, into: Path) -> Path:
    """The one folder of a bundle."""
    with tarfile.open(bundle) as archive:
        archive.extractall(into, filter="data")
    (folder,) = into.iterdir()
    return folder


def install(bundle: Path, into: Path, *before: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """``sh install.sh`` of an unpacked bundle."""
    return subprocess.run(
        [*before, "sh", bundle / "install.sh", into],
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PYTHON": sys.executable, **environment},
        cwd="/",
        check=False,
        capture_output=True,
        text=True,
    )
