"""The bundle is what was committed and pinned, says what is wrong with it, and installs without a network.

Here with the few packages that the command line needs. All of them, and the pages served without a network:
``make bundle-test``.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from closedloop.settings import PROJECT_ROOT
from tests.deploy.bundles import install, make, unpack, without_network


@pytest.fixture(scope="module")
def small_requirements(tmp_path_factory: pytest.TempPathFactory) -> Path:
    chosen = ("typer==", "rich==")
    lines = (PROJECT_ROOT / "requirements.txt").read_text().splitlines(keepends=True)
    path = tmp_path_factory.mktemp("small") / "requirements.txt"
    path.write_text("".join(line for line in lines if line.startswith(chosen)))
    return path


@pytest.fixture(scope="module")
def packed(small_requirements: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("out"), "--requirements", str(small_requirements), "--without-fonts")


@pytest.fixture(scope="module")
def bundle(packed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpack(packed, tmp_path_factory.mktemp("unpacked"))


@pytest.fixture
def copy(bundle: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(bundle, tmp_path / "copy"))


def test_it_holds_what_is_committed_and_a_sum_of_every_file(bundle: Path) -> None:
    committed = subprocess.run(
        ["git", "ls-tree", "-r", "-z", "--name-only", "HEAD"],
        cwd=PROJECT_ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")[:-1]
    files = {str(path.relative_to(bundle)) for path in bundle.rglob("*") if path.is_file()}
    assert {f"closedloop/{name}" for name in committed} <= files
    sums = dict(line.split("  ", 1)[::-1] for line in (bundle / "SHA256SUMS").read_text().splitlines())
    assert set(sums) == files - {"SHA256SUMS"}
    for name in ("install.sh", "wheels.txt"):
        assert sums[name] == hashlib.sha256((bundle / name).read_bytes()).hexdigest()


def test_the_same_commit_and_packages_give_the_same_bytes(
    packed: Path, small_requirements: Path, tmp_path: Path
) -> None:
    again = make(tmp_path, "--requirements", str(small_requirements), "--without-fonts")
    assert again.name == packed.name
    assert again.read_bytes() == packed.read_bytes()


def test_it_installs_where_there_is_no_network(bundle: Path, tmp_path: Path) -> None:
    done = install(bundle, tmp_path / "there", *without_network())
    assert done.returncode == 0, done.stderr
    said = subprocess.run(
        [tmp_path / "there" / ".venv" / "bin" / "python", "-m", "closedloop", "--help"],
        cwd=tmp_path / "there",
        check=True,
        capture_output=True,
        text=True,
    )
    assert "quarantine" in said.stdout
    assert "is not empty" in install(bundle, tmp_path / "there").stderr


def test_damaged_and_missing_files_are_named(copy: Path, tmp_path: Path) -> None:
    wheel = next((copy / "wheels").glob("typer-*.whl"))
    content = bytearray(wheel.read_bytes())
    content[len(content) // 2] ^= 1
    wheel.write_bytes(content)
    (copy / "closedloop" / "app.py").unlink()
    done = install(copy, tmp_path / "there")
    assert done.returncode == 2
    assert f"wheels/{wheel.name} is damaged" in done.stderr
    assert "closedloop/app.py is missing" in done.stderr
    assert not (tmp_path / "there").exists()


@pytest.mark.parametrize(
    ("fact", "sentence"),
    [("MACHINE=mips", "is for Linux on mips"), ("PYTHON=3.99", "the packages are for Python 3.99")],
)
def test_another_machine_is_told_so(copy: Path, tmp_path: Path, fact: str, sentence: str) -> None:
    name = fact.partition("=")[0]
    lines = (copy / "FITS").read_text().splitlines()
    (copy / "FITS").write_text("\n".join(fact if line.startswith(name) else line for line in lines) + "\n")
    digest = hashlib.sha256((copy / "FITS").read_bytes()).hexdigest()
    sums = (copy / "SHA256SUMS").read_text().splitlines()
    (copy / "SHA256SUMS").write_text(
        "".join(f"{digest}  FITS\n" if line.endswith("  FITS") else f"{line}\n" for line in sums)
    )
    done = install(copy, tmp_path / "there")
    assert done.returncode == 2
    assert sentence in done.stderr
    assert not (tmp_path / "there").exists()
