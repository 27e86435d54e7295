"""Every command, by name. Adding one is a line in ``COMMANDS`` and a module, imported when it is called.

``target`` is ``module:name``, the name being a function (it becomes one command: its parameters are declared
as Typer has them) or a ``typer.Typer`` app (several sub-commands, or one). The module may import what it
likes; the help of all commands is printed from this list.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command


@dataclass(frozen=True)
class Command:
    """A command and where it lives."""

    name: str
    target: str
    help: str


COMMANDS = (
    Command(
        "run", "closedloop.cli.run:run", "Everything: server, demo city if empty, build if needed, pages."
    ),
    Command("up", "closedloop.cli.server:up", "Start the embedded warehouse and leave it running."),
    Command("down", "closedloop.cli.server:down", "Stop the embedded warehouse."),
    Command(
        "status",
        "closedloop.cli.server:status",
        "Say what is there, what runs, what is loaded and published.",
    ),
    Command("migrate", "closedloop.cli.server:migrate", "Bring the warehouse to this release's shape."),
    Command("reset", "closedloop.cli.server:reset", "Delete the embedded warehouse and its data."),
    Command("backup", "closedloop.cli.backup:backup", "Back up what cannot be made again, and the hash key."),
    Command("restore", "closedloop.cli.backup:restore_from", "Restore a backup into an empty warehouse."),
    Command("load", "closedloop.cli.load:load", "Load exports: a table and its files, or a folder."),
    Command(
        "refresh",
        "closedloop.cli.refresh:refresh",
        "Load the inbox, build what is due, publish: for a timer.",
    ),
    Command("mapping", "closedloop.cli.mapping:app", "Draft a mapping from the headers of a file."),
    Command("quarantine", "closedloop.cli.quarantine:app", "List, export, replay refused rows."),
    Command("access", "closedloop.cli.access:app", "Grant and revoke: who may sign in, as what, for where."),
    Command("audit", "closedloop.cli.audit:app", "Remove traces that are older than they must be kept."),
    Command("build", "closedloop.cli.build:build", "Build the marts and publish them, whole or not at all."),
    Command("dbt", "closedloop.cli.build:dbt", "Any dbt command; what it writes is never published."),
    Command("docs", "closedloop.cli.docs:docs", "Write the models' documentation as one offline page."),
    Command("starter", "closedloop.cli.starter:starter", "Write a dbt project for an analyst with a login."),
    Command("load-demo", "closedloop.cli.load_demo:load_demo", "Load the fictional city into nothing."),
    Command("demo", "closedloop.cli.demo:demo", "Write the exports of the fictional city."),
)


class _Commands(TyperGroup):
    """A group that imports a command's module when the command is run, not when the list is printed."""

    _listing = False

    def list_commands(self, ctx: Any) -> list[str]:
        return [command.name for command in COMMANDS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        found = next((command for command in COMMANDS if command.name == cmd_name), None)
        if found is None:
            return None
        if self._listing:
            return TyperCommand(found.name, help=found.help)
        return _load(found)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        self._listing = True
        try:
            super().format_help(ctx, formatter)
        finally:
            self._listing = False


def _load(command: Command) -> Any:
    module, _, name = command.target.partition(":")
    target = getattr(import_module(module), name)
    if not isinstance(target, typer.Typer):
        app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        app.command(help=None)(target)
        target = app
    loaded = get_command(target)
    loaded.name = command.name
    return loaded


def command_line() -> TyperGroup:
    """The whole command line as one group."""
    app = typer.Typer(
        cls=_Commands,
        add_completion=False,
        pretty_exceptions_enable=False,
        no_args_is_help=True,
        help="Closedloop 闭环管控看板: what is still open, what is overdue, what keeps coming back.",
    )
    app.callback()(_no_options)
    group = get_command(app)
    assert isinstance(group, TyperGroup)
    return group


def _no_options() -> None:
    """A callback makes Typer build a group even of one command."""
