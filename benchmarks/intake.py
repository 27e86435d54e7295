"""How fast intake is beside a bare COPY of the same file, and where its time goes.

    python -m benchmarks.intake [--incidents 1000000] [--home DIR]

Writes the incidents of an invented city into one file, loads it as ever into an empty embedded warehouse
(read, mapped, validated, masked, versioned, stage events derived, one transaction), and then puts the same
file as it is by COPY into a table of the same columns, all of them texts, without any index. Both are told in
seconds by the clock and of CPU, ours and that of all the server's processes together: on a machine that does
other things, compare the CPU.
"""

from __future__ import annotations

import argparse
import gzip
import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from psycopg import sql

from closedloop import demo, intake, warehouse
from closedloop.intake import load
from closedloop.intake.store import filling, versions
from closedloop.settings import Settings, get_settings
from closedloop.warehouse import embedded

#: Incidents of the demo city at scale 1.
_AT_SCALE_ONE = 64_000
#: What a load consists of, in its order: the module that calls it, the function, and what it is.
COMPONENTS = (
    (load, "read_file", "read the file"),
    (load, "apply_mapping", "map the columns"),
    (load, "validate", "validate, mask, hash"),
    (filling, "fill", "COPY, versions, indexes"),
    (load, "copy_rows", "COPY to the server"),
    (versions, "compare", "compare with what is known"),
    (versions, "insert_versions", "write versions, indexes"),
    (load, "derive_stage_events", "derive stage events"),
)


@dataclass
class Spent:
    """Seconds by the clock, of our CPU, and of the server's CPU."""

    clock: float = 0.0
    own: float = 0.0
    server: float = 0.0

    @property
    def cpu(self) -> float:
        """Both CPUs together."""
        return self.own + self.server


class Meter:
    """Adds up what named pieces of work cost; ``server`` is the PostgreSQL that does its part of it."""

    def __init__(self, server: psutil.Process) -> None:
        self.server = server
        self.spent: dict[str, Spent] = defaultdict(Spent)

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """What the block costs is added to ``name``."""
        before = self._now()
        try:
            yield
        finally:
            after = self._now()
            spent = self.spent[name]
            spent.clock += after[0] - before[0]
            spent.own += after[1] - before[1]
            spent.server += max(after[2] - before[2], 0.0)

    def around(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """``function``, with what its calls cost added to ``name``."""

        def measured(*arguments: Any, **options: Any) -> Any:
            with self.of(name):
                return function(*arguments, **options)

        return measured

    def _now(self) -> tuple[float, float, float]:
        return time.perf_counter(), time.process_time(), self._of_server()

    def _of_server(self) -> float:
        """CPU of every process the server has or had: who makes an index has helpers that come and go."""
        while True:
            children = self.server.children()
            own = self.server.cpu_times()
            spent = own.user + own.system + own.children_user + own.children_system
            with suppress(psutil.NoSuchProcess):
                for process in children:
                    times = process.cpu_times()
                    spent += times.user + times.system
                # One that ended meanwhile would be counted twice, or not at all.
                if self.server.children() == children:
                    return spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--incidents", type=int, default=1_000_000)
    parser.add_argument("--home", type=Path, help="where the file and the warehouse are kept for another run")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.home or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            folder.chmod(0o711)
        os.environ["CLOSEDLOOP_HOME"] = str(folder / "home")
        get_settings.cache_clear()
        file = _one_file(folder, options.incidents)
        settings = get_settings()
        with warehouse.in_use(settings, print):
            _measure(file, folder / "exports", settings)


def _one_file(folder: Path, incidents: int) -> Path:
    """The incidents of a city as large as asked for, in one CSV without the planted broken lines."""
    file = folder / f"incidents_{incidents}.csv"
    if file.exists():
        return file
    exports = folder / "exports"
    print(f"inventing a city of {incidents:,} incidents")
    demo.generate(scale=incidents * 1.05 / _AT_SCALE_ONE, seed=7, out=exports)
    draft, left, fields = file.with_suffix(".new"), incidents, 0
    with draft.open("w", encoding="utf-8") as out:
        for part in sorted(exports.glob("incidents_20??[ab].csv.gz")):
            with gzip.open(part, "rt", encoding="utf-8-sig") as lines:
                header = next(lines)
                if not fields:
                    fields = header.count(",")
                    out.write(header)
                for line in lines:
                    if left and line.count(",") == fields:
                        out.write(line)
                        left -= 1
    draft.rename(file)
    return file


def _measure(file: Path, exports: Path, settings: Settings) -> None:
    embedded.empty(settings)
    warehouse.migrate(settings)
    for table in ("bureaus", "stations", "posts"):
        if (exports / f"{table}.csv").exists():
            intake.load_file(table, exports / f"{table}.csv", settings=settings)
    meter = Meter(_server(settings))
    with _measured(meter), meter.of("intake"):
        report = intake.load_file("incidents", file, settings=settings)
    read = report.total("read")
    print(
        f"{read:,} rows read = {report.total('accepted'):,} accepted + {report.total('unchanged'):,} "
        f"unchanged + {report.quarantined:,} quarantined; {report.total('derived_events'):,} stage events"
    )
    bare = _bare_copy(file, settings)
    _tell(meter, bare, read)


@contextmanager
def _measured(meter: Meter) -> Iterator[None]:
    """Intake with its components measured; put back as it was afterwards."""
    before = [(module, name, getattr(module, name)) for module, name, _ in COMPONENTS]
    for module, name, what in COMPONENTS:
        setattr(module, name, meter.around(what, getattr(module, name)))
    try:
        yield
    finally:
        for module, name, function in before:
            setattr(module, name, function)


def _server(settings: Settings) -> psutil.Process:
    pid = embedded.status(settings).pid
    assert pid is not None, "the server is in use"
    return psutil.Process(pid)


def _bare_copy(file: Path, settings: Settings) -> Spent:
    with file.open(encoding="utf-8") as lines:
        columns = next(lines).strip().split(",")
    meter = Meter(_server(settings))
    with warehouse.connect("owner", settings) as connection:
        connection.execute("create schema bare")
        connection.execute(
            sql.SQL("create table bare.incidents ({})").format(
                sql.SQL(", ").join(sql.SQL("{} text").format(sql.Identifier(name)) for name in columns)
            )
        )
        connection.commit()
        with meter.of("bare"):
            with (
                connection.cursor().copy("copy bare.incidents from stdin (format csv, header true)") as copy,
                file.open("rb") as content,
            ):
                while block := content.read(1 << 20):
                    copy.write(block)
            connection.commit()
        connection.execute("drop schema bare cascade")
    return meter.spent["bare"]


def _tell(meter: Meter, bare: Spent, rows: int) -> None:
    named = [(what, meter.spent[what]) for _, _, what in COMPONENTS]
    whole = meter.spent["intake"]
    rest = Spent(
        whole.clock - sum(spent.clock for _, spent in named),
        whole.own - sum(spent.own for _, spent in named),
        whole.server - sum(spent.server for _, spent in named),
    )
    events = meter.spent["derive stage events"]
    # What a load into an empty table has no use for is not listed.
    named = [(what, spent) for what, spent in named if spent.clock]
    lines = [*named, ("everything else", rest), ("intake", whole), ("bare COPY", bare)]
    print(f"{'':28} {'clock s':>9} {'CPU s':>9} {'ours':>9} {'server':>9}")
    for what, spent in lines:
        print(f"{what:28} {spent.clock:9.2f} {spent.cpu:9.2f} {spent.own:9.2f} {spent.server:9.2f}")
    share = events.clock / whole.clock
    print(f"stage events are {share:.0%} of the time and {events.cpu / whole.cpu:.0%} of the CPU")
    for what, clock, cpu in (
        ("with stage events", whole.clock, whole.cpu),
        ("validated, masked, versioned", whole.clock - events.clock, whole.cpu - events.cpu),
    ):
        print(
            f"{what}: {rows / clock:,.0f} rows/s; {bare.clock / clock:.0%} of the speed of a bare COPY by "
            f"the clock, {bare.cpu / cpu:.0%} by CPU"
        )


if __name__ == "__main__":
    main()
