"""``access grant | revoke | sign-out | list | export | login``: who may come in, as what, for where."""

from __future__ import annotations

import csv
import getpass
from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated, cast

import typer

from closedloop import access
from closedloop.access import AccessError, Grant, Granted, Role
from closedloop.cli.identities import By, Issuer, Subject, issuer_of
from closedloop.cli.in_shape import warehouse_in_shape
from closedloop.cli.logins import app as login_app
from closedloop.cli.progress import say
from closedloop.settings import Settings, get_settings

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)

app.add_typer(login_app, name="login")


@app.command("grant")
def grant(
    subject: Subject,
    role: Annotated[
        str, typer.Option("--role", help="leadership, station_head, instructor, control_post, …")
    ],
    city: Annotated[bool, typer.Option("--city", help="For the whole city.")] = False,
    bureau: Annotated[str | None, typer.Option("--bureau", help="For the stations of this bureau.")] = None,
    station: Annotated[list[str] | None, typer.Option("--station", help="For this station; repeat.")] = None,
    since: Annotated[str | None, typer.Option("--from", help="From then on; default: now.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Until then; default: until revoked.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="What the lists call them.")] = None,
    issuer: Issuer = None,
    by: By = None,
) -> None:
    """Grant a part to an identity, in force at their next click. One part at a time."""
    settings = get_settings()
    if city and (bureau or station):
        raise AccessError("a grant is for the city, for a bureau or for stations: choose one")
    places = access.PARTS.get(cast(Role, role), ())
    if "city" in places and not (city or bureau or station):
        raise AccessError(f"say for where: {role} is granted {access.ways(cast(Role, role))}")
    if city and places and "city" not in places:
        raise AccessError(f"{role} is not granted for the whole city")
    wanted = Grant(cast(Role, role), bureau, tuple(station or ()), name)
    vouching = issuer_of(issuer, settings)
    if settings.issuer not in (None, vouching):
        say(
            f"people sign in here with {settings.issuer}: a grant for {vouching} lets nobody in "
            "before that changes"
        )
    with warehouse_in_shape(settings):
        given = access.grant(
            vouching,
            subject,
            wanted,
            by=by or getpass.getuser(),
            valid_from=_moment(since, settings, "--from"),
            valid_to=_moment(until, settings, "--until"),
            settings=settings,
        )
    print(_line(given, settings))


@app.command("revoke")
def revoke(subject: Subject, issuer: Issuer = None, by: By = None) -> None:
    """Take back what an identity is granted. It is out at its next click, wherever it is signed in."""
    settings = get_settings()
    with warehouse_in_shape(settings):
        for taken in access.revoke(
            issuer_of(issuer, settings), subject, by=by or getpass.getuser(), settings=settings
        ):
            print(_line(taken, settings))


@app.command("sign-out")
def sign_out(subject: Subject, issuer: Issuer = None) -> None:
    """End every session of an identity; what it is granted stays."""
    settings = get_settings()
    with warehouse_in_shape(settings):
        ended = access.end_sessions(issuer_of(issuer, settings), subject, settings)
    print(f"{ended} session(s) ended")


@app.command("list")
def list_grants(
    everything: Annotated[bool, typer.Option("--all", help="Ended and future grants, too.")] = False,
) -> None:
    """Print the grants in force."""
    settings = get_settings()
    with warehouse_in_shape(settings):
        found = access.listed(everything=everything, settings=settings)
    for each in found:
        print(_line(each, settings))
    say(f"{len(found)} grant(s)")


@app.command("export")
def export(out: Annotated[Path, typer.Option("--out", help="CSV to write.")]) -> None:
    """Write every grant there ever was, with who gave and who took it, for a review."""
    settings = get_settings()
    with warehouse_in_shape(settings):
        found = access.listed(everything=True, settings=settings)
    with out.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        for each in found:
            writer.writerow([_cell(getattr(each, column), settings) for column in _COLUMNS])
    print(f"{len(found)} grant(s) in {out}")


_COLUMNS = (
    "issuer", "subject", "name", "role", "place", "valid_from", "valid_to", "in_force", "granted_by",
    "granted_at", "revoked_by", "revoked_at",
)  # fmt: skip


def _cell(value: object, settings: Settings) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return _local(value, settings)
    text = str(value)
    # A spreadsheet would take it for a formula.
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else text


def _moment(text: str | None, settings: Settings, option: str) -> datetime | None:
    """A day (its midnight) or a moment, in the warehouse's zone unless it has an offset."""
    if text is None:
        return None
    try:
        if len(text) == len("2025-04-25"):
            return datetime.combine(date.fromisoformat(text), time(), settings.zone)
        found = datetime.fromisoformat(text)
    except ValueError:
        raise AccessError(
            f"{option} {text!r} is no time; write it as 2025-04-25 or 2025-04-25T08:00"
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=settings.zone)


def _line(each: Granted, settings: Settings) -> str:
    parts = [each.role, each.place, each.subject, f"({each.issuer})"]
    if each.name:
        parts.insert(3, each.name)
    parts.append(f"from {_local(each.valid_from, settings)}")
    if each.revoked_at:
        parts.append(f"revoked {_local(each.revoked_at, settings)} by {each.revoked_by}")
    elif each.valid_to:
        parts.append(f"until {_local(each.valid_to, settings)}")
    parts.append(f"granted by {each.granted_by}")
    return "  ".join(part for part in parts if part)


def _local(moment: datetime, settings: Settings) -> str:
    return f"{moment.astimezone(settings.zone):%Y-%m-%d %H:%M}"
