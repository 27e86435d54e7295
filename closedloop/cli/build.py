"""``build`` and ``dbt``: the marts, made and published whole; and the analyst's way to dbt."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from closedloop import warehouse
from closedloop.cli.progress import say
from closedloop.settings import get_settings
from closedloop.transform.builder import BuildFailed
from closedloop.transform.builder import build as build_and_publish
from closedloop.transform.environment import dbt_home
from closedloop.transform.progress import shown
from closedloop.transform.workbench import dbt_command


def build(
    with_unit_tests: Annotated[
        bool, typer.Option("--with-unit-tests", help="Also run dbt's unit tests, which prove the code.")
    ] = False,
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="After a failure run what does not depend on it.")
    ] = False,
    full_refresh: Annotated[
        bool,
        typer.Option("--full-refresh", help="Keep nothing from earlier builds, not even the parsed project."),
    ] = False,
) -> None:
    """Build the marts from everything loaded, test them, and publish them whole or not at all.

    Exits with 1 and one sentence when a seed, a model or a test fails; what was published stays as it was.
    """
    settings = get_settings()
    with warehouse.in_use(settings, say):
        warehouse.require_current(settings)
        try:
            with shown(Console(stderr=True)) as listener:
                build_and_publish(
                    settings,
                    with_unit_tests=with_unit_tests,
                    full_refresh=full_refresh,
                    keep_going=keep_going,
                    listener=listener,
                )
        except BuildFailed:
            folder = dbt_home(settings)
            say(f"what dbt says of it: {folder / 'logs' / 'dbt.log'}; its statements: {folder}/target*")
            raise


dbt = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@dbt.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
)
def run_dbt(context: typer.Context) -> None:
    """Run any dbt command on the warehouse: show, compile, test, docs generate …

    What only reads looks at the published schemas; what writes works in *_next and publishes nothing.
    """
    settings = get_settings()
    with warehouse.in_use(settings, say):
        warehouse.require_current(settings)
        raise typer.Exit(dbt_command(context.args or ["--help"], say, settings))
