"""``load-demo``: the fictional city into an empty embedded warehouse, through the intake of any export."""

from __future__ import annotations

import typer

from closedloop import warehouse
from closedloop.cli.progress import say, step
from closedloop.intake import LoadReport, load_directory
from closedloop.settings import Settings, get_settings
from closedloop.warehouse import WarehouseError, embedded, get_info, set_info


def load_demo() -> None:
    """Load the fictional city that comes with the project, and mark the warehouse as the demo.

    Only into an empty embedded warehouse: the demo's people sign in without a password. A load that was cut
    short is begun again from nothing.
    """
    settings = get_settings()
    if not settings.embedded:
        raise WarehouseError(
            "the demo is for the embedded warehouse, and CLOSEDLOOP_OWNER_URL names a server; "
            "unset the three URLs"
        )
    if not (settings.demo_dir / "manifest.yml").exists():
        raise WarehouseError(
            f"{settings.demo_dir} holds no demo city; write one: "
            f"python -m closedloop demo --out {settings.demo_dir}"
        )
    with warehouse.in_use(settings, say):
        _prepare(settings)
        _state(settings, "loading")
        reports = load_directory(settings.demo_dir, loaded_by="demo", settings=settings, progress=say)
        _tell(reports)
        _state(settings, "true")


def _prepare(settings: Settings) -> None:
    with step("preparing the warehouse"):
        warehouse.migrate(settings)
        with warehouse.connect("loader", settings) as connection:
            interrupted = get_info(connection, "demo") == "loading"
            row = connection.execute("select count(*) from ops.batches").fetchone()
        if interrupted:
            say("an earlier load of the demo was cut short; beginning again")
            embedded.empty(settings)
            warehouse.migrate(settings)
        elif row is not None and row[0]:
            raise WarehouseError(
                f"the warehouse in {settings.home} already holds {row[0]:,} load(s); for a demo beside it "
                "set CLOSEDLOOP_HOME to another folder, or empty this one: python -m closedloop reset"
            )


def _state(settings: Settings, value: str) -> None:
    with warehouse.connect("loader", settings) as connection:
        set_info(connection, "demo", value)


def _tell(reports: list[LoadReport]) -> None:
    refused = [report for report in reports if not report.ok]
    for report in refused:
        say(f"refused: {report.refused}")
    accepted = sum(report.total("accepted") for report in reports)
    quarantined = sum(report.quarantined for report in reports)
    print(f"{len(reports) - len(refused)} files, {accepted:,} rows accepted, {quarantined:,} in quarantine")
    if refused:
        raise typer.Exit(2)
