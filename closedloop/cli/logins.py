"""``access login add | remove | list``: analysts and auditors with SQL of their own."""

from __future__ import annotations

import getpass
import os
import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from closedloop.access import AccessError
from closedloop.access.logins import Login, add_login, logins, remove_login
from closedloop.cli.identities import By, Issuer, Subject, issuer_of
from closedloop.cli.in_shape import warehouse_in_shape
from closedloop.cli.progress import say
from closedloop.settings import Settings, get_settings
from closedloop.warehouse.addresses import urls
from closedloop.warehouse.people import require_login_name, schema_of

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)

#: The password of a new login, where no file is named and nobody can be asked.
PASSWORD_VARIABLE = "CLOSEDLOOP_LOGIN_PASSWORD"


@app.callback()
def _group() -> None:
    """Database logins of analysts and auditors; each sees what their grant gives, and nothing without one."""


@app.command("add")
def add(
    subject: Subject,
    login: Annotated[str, typer.Option("--login", help="Name of the login: letters, digits and _.")],
    password_file: Annotated[
        Path | None,
        typer.Option(
            "--password-file",
            help=f"File with the password. Default: {PASSWORD_VARIABLE}, or it is asked for.",
        ),
    ] = None,
    issuer: Issuer = None,
    by: By = None,
) -> None:
    """Give somebody who is granted to be an analyst or an auditor a database login."""
    settings = get_settings()
    require_login_name(login)
    vouching = issuer_of(issuer, settings)
    with warehouse_in_shape(settings):
        made = add_login(
            vouching,
            subject,
            login,
            by=by or getpass.getuser(),
            password=partial(_password, password_file),
            settings=settings,
        )
    print(_line(made))
    print(_address(made, settings))


@app.command("remove")
def remove(
    login: Annotated[str, typer.Argument(help="Name of the login.")],
    drop_tables: Annotated[bool, typer.Option("--drop-tables", help="And what was made with it.")] = False,
    by: By = None,
) -> None:
    """Take a login away. What its holder is granted stays."""
    settings = get_settings()
    with warehouse_in_shape(settings):
        remove_login(login, by=by or getpass.getuser(), drop_tables=drop_tables, settings=settings)
    print(f"login {login} removed")
    if not settings.embedded:
        print(f"it sees nothing any more; an administrator of the server drops it: drop role {login}")


@app.command("list")
def list_logins() -> None:
    """Print the logins in use, and what each sees now."""
    settings = get_settings()
    with warehouse_in_shape(settings):
        found = logins(settings)
    for each in found:
        print(_line(each))
    say(f"{len(found)} login(s)")


def _password(file: Path | None) -> str:
    """From the file, the environment, or whoever sits there: others can see a command line."""
    if file is not None:
        try:
            return file.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise AccessError(f"{file} cannot be read: {error.strerror}") from None
    if told := os.environ.get(PASSWORD_VARIABLE):
        return told
    if not sys.stdin.isatty():
        raise AccessError(f"no password: name a file with --password-file, or set {PASSWORD_VARIABLE}")
    return typer.prompt("Password of the login", hide_input=True, confirmation_prompt=True)


def _line(each: Login) -> str:
    sees = f"{each.role}  {each.place}" if each.role else "no grant in force: sees nothing"
    who = f"{each.subject}  {each.name}" if each.name else each.subject
    made = f"  {each.relations} relation(s) in {schema_of(each.login)}" if each.relations else ""
    return f"{each.login}  {sees}  {who}  ({each.issuer})  by {each.created_by}{made}"


def _address(made: Login, settings: Settings) -> str:
    parts = urls(settings).parts("reader")
    options = " ".join(f"{name}={parts[name]}" for name in ("host", "port", "dbname") if name in parts)
    return f'psql "{options} user={made.login}"'
