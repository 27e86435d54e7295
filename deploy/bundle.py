"""Packs everything an installation without a network needs into one file: ``make bundle``.

``dist/closedloop-<version>-<python>-<system>.tar`` holds one folder:

``closedloop/``
    the project as committed (``git archive HEAD``).
``wheels/``, ``wheels.txt``
    every package of ``requirements.txt`` under the pins of ``constraints.txt``, and each file's SHA-256 as
    pip wants it; PostgreSQL 18 is one of them.
``fonts/``
    Noto Sans CJK with its license, for machines whose browser has no Chinese font.
``install.sh``, ``FITS``, ``SHA256SUMS``
    checks what it was given and the machine it is on, then installs (``sh install.sh --help``).

The same commit and the same wheels give the same bytes. It is not compressed: wheels and fonts already are.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
FONTS = ("NotoSansCJK-Regular.ttc", "NotoSansCJK-Bold.ttc")
FONT_FOLDER = Path("/usr/share/fonts")
FONT_LICENSE = Path("/usr/share/doc/fonts-noto-cjk/copyright")


def main() -> None:
    parser = argparse.ArgumentParser(description="Pack an installation for a machine without a network.")
    parser.add_argument("--out", type=Path, default=PROJECT / "dist", help="folder of the result")
    parser.add_argument("--requirements", type=Path, default=PROJECT / "requirements.txt")
    parser.add_argument("--without-fonts", action="store_true", help="every browser has a Chinese font")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=options.out, prefix=".bundle-") as draft:
        target = options.out / f"{_name()}.tar"
        folder = Path(draft) / _name()
        folder.mkdir()
        _sources(folder)
        _wheels(folder, options.requirements)
        if not options.without_fonts:
            _fonts(folder)
        _facts(folder)
        _sums(folder)
        _tar(folder, Path(draft) / "whole.tar")
        (Path(draft) / "whole.tar").replace(target)
    print(f"{_sha256(target)}  {target.name}  ({target.stat().st_size / 2**20:,.0f} MB in {options.out})")


def _name() -> str:
    text = (PROJECT / "closedloop" / "__init__.py").read_text()
    found = re.search(r'__version__ = "(.+?)"', text)
    assert found is not None
    system = sysconfig.get_platform().replace("-", "_")
    return f"closedloop-{found[1]}-cp{sys.version_info.major}{sys.version_info.minor}-{system}"


def _git(*arguments: str) -> bytes:
    return subprocess.run(["git", "-C", PROJECT, *arguments], check=True, stdout=subprocess.PIPE).stdout


def _commit_time() -> int:
    return int(_git("log", "-1", "--format=%ct"))


def _sources(folder: Path) -> None:
    if _git("status", "--porcelain", "--untracked-files=no"):
        print("what is not committed is left out", file=sys.stderr)
    with tarfile.open(fileobj=io.BytesIO(_git("archive", "--format=tar", "HEAD"))) as archive:
        archive.extractall(folder / "closedloop", filter="data")
    shutil.copy(folder / "closedloop" / "deploy" / "install.sh", folder / "install.sh")


def _wheels(folder: Path, requirements: Path) -> None:
    wheels = folder / "wheels"
    subprocess.run(
        [
            sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check",
            "--requirement", requirements, "--constraint", PROJECT / "constraints.txt", "--wheel-dir", wheels,
        ],
        check=True,
        # What has to be built from its sources is built with the commit's date in it.
        env=os.environ | {"SOURCE_DATE_EPOCH": str(_commit_time())},
    )  # fmt: skip
    lines = []
    for wheel in sorted(wheels.iterdir()):
        name, version = wheel.name.split("-")[:2]
        lines.append(f"{name}=={version} --hash=sha256:{_sha256(wheel)}\n")
    (folder / "wheels.txt").write_text("".join(lines))


def _fonts(folder: Path) -> None:
    found = {path.name: path for path in sorted(FONT_FOLDER.rglob("NotoSansCJK-*.ttc"))}
    missing = [name for name in FONTS if name not in found]
    if missing or not FONT_LICENSE.exists():
        sys.exit(
            f"no {' and '.join(missing) or FONT_LICENSE} here: apt-get install fonts-noto-cjk, or leave the "
            "fonts out: --without-fonts"
        )
    (folder / "fonts").mkdir()
    for name in FONTS:
        shutil.copy(found[name], folder / "fonts" / name)
    shutil.copy(FONT_LICENSE, folder / "fonts" / "LICENSE")


def _facts(folder: Path) -> None:
    """What the bundle is, and the machine it fits, as ``sh`` reads it."""
    facts = {
        "COMMIT": _git("rev-parse", "HEAD").decode().strip(),
        "PYTHON": f"{sys.version_info.major}.{sys.version_info.minor}",
        "SYSTEM": platform.system(),
        "MACHINE": platform.machine(),
    }
    (folder / "FITS").write_text("".join(f"{name}={value}\n" for name, value in facts.items()))


def _sums(folder: Path) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = [f"{_sha256(path)}  {path.relative_to(folder)}\n" for path in files]
    (folder / "SHA256SUMS").write_text("".join(lines))


def _tar(folder: Path, target: Path) -> None:
    moment = _commit_time()

    def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = "root"
        entry.mtime = moment
        entry.mode = 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
        return entry

    with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as archive:
        # Folders are added in the order of their names, so the bytes do not depend on the file system.
        archive.add(folder, folder.name, filter=plain)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    main()
