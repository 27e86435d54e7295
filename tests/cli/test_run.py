"""``run``: one command to the first page, one signal to the end of everything, and quick the second time."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from closedloop.demo import generate
from closedloop.settings import PROJECT_ROOT
from closedloop.warehouse import embedded
from tests.homes import Home
from tests.transform.project_copy import ProjectCopy


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return probe.getsockname()[1]


class Run:
    """A running ``closedloop run``."""

    def __init__(self, home: Home, city: City) -> None:
        self.port = _free_port()
        self.lines: list[str] = []
        environment = home.environment | city.environment | {"CLOSEDLOOP_PORT": str(self.port)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "closedloop", "run"],
            env=environment,
            cwd=PROJECT_ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        home.children.append(self.process)

    def until(self, word: str) -> None:
        """Read on until a line holds ``word``."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if word in line:
                return
        pytest.fail(f"ended with {self.process.wait()} before it said {word!r}:\n" + "".join(self.lines))

    def first_page(self) -> None:
        """Wait until a page answers."""
        self.until("ready after")
        with urllib.request.urlopen(f"http://localhost:{self.port}/", timeout=30) as answer:
            assert answer.status == 200

    def end(self, how: signal.Signals) -> int:
        self.process.send_signal(how)
        assert self.process.stdout is not None
        self.lines += self.process.stdout
        return self.process.wait(timeout=60)

    def port_is_free(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("localhost", self.port)) != 0


@dataclass(frozen=True)
class City:
    """A small demo city and a copy of the project, which nobody edits while the test runs."""

    environment: dict[str, str]


@pytest.fixture(scope="module")
def small_city(tmp_path_factory: pytest.TempPathFactory) -> City:
    folder = tmp_path_factory.mktemp("city")
    generate(scale=0.02, seed=1, out=folder)
    project = ProjectCopy.in_folder(tmp_path_factory.mktemp("project"))
    return City(project.environment() | {"CLOSEDLOOP_DEMO_DIR": str(folder)})


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind(("localhost", 0))
        holder.listen()
        yield holder.getsockname()[1]


@pytest.mark.timeout(1800)
def test_one_command_shows_the_city_and_one_signal_ends_all_of_it(home: Home, small_city: City) -> None:
    first = Run(home, small_city)
    first.first_page()
    told = "".join(first.lines)
    for step in (
        "making the embedded warehouse",
        "migrating",
        "file 1 of",
        "rows accepted",
        "a build is due",
    ):
        assert step in told, f"no progress was printed for: {step}"
    assert first.end(signal.SIGTERM) == 128 + signal.SIGTERM
    assert first.lines[-1] == "stopped\n"
    assert first.port_is_free()
    assert embedded.status(home.settings).pid is None

    second = Run(home, small_city)
    second.first_page()
    told = "".join(second.lines)
    assert "file 1 of" not in told and "a build is due" not in told
    assert second.end(signal.SIGINT) == 0
    assert second.port_is_free()
    assert embedded.status(home.settings).pid is None

    # Killed outright it can stop nothing; its pages are told by the kernel, and stop what they used.
    third = Run(home, small_city)
    third.first_page()
    third.end(signal.SIGKILL)
    assert third.port_is_free()
    assert embedded.status(home.settings).pid is None


def test_a_demo_load_that_was_cut_short_is_begun_again(home: Home, small_city: City) -> None:
    cut = Run(home, small_city)
    cut.until("file 3 of")
    cut.end(signal.SIGTERM)
    assert embedded.status(home.settings).pid is None
    again = Run(home, small_city)
    again.until("cut short; beginning again")
    again.until("rows accepted")
    again.end(signal.SIGTERM)


@pytest.mark.parametrize(
    ("arguments", "again"), [((), "make run"), (("--trial",), "python -m closedloop run --trial")]
)
def test_a_taken_port_is_said_before_anything_is_started(
    home: Home, taken_port: int, arguments: tuple[str, ...], again: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "closedloop", "run", *arguments],
        env=home.environment | {"CLOSEDLOOP_PORT": str(taken_port)},
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert f"port {taken_port} is taken" in done.stderr
    assert f"choose another port: CLOSEDLOOP_PORT={taken_port + 1} {again}" in done.stderr
    assert not home.folder.exists()
