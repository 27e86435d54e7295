"""``up``, ``down``, ``status``, ``migrate``, ``reset``: the warehouse as a thing that runs."""

from __future__ import annotations

import shutil
from typing import Annotated

import typer

from closedloop import warehouse
from closedloop.cli.progress import say, step
from closedloop.refresh.inbox import Inbox
from closedloop.refresh.turn import LastRefresh, last_refresh
from closedloop.settings import Settings, get_settings
from closedloop.transform.freshness import freshness
from closedloop.transform.record import LastBuild, last_build
from closedloop.warehouse import WarehouseError, embedded


def _require_embedded(settings: Settings, command: str) -> None:
    if not settings.embedded:
        raise WarehouseError(
            f"{command} is for the embedded warehouse, and CLOSEDLOOP_OWNER_URL names a server: "
            "starting, stopping and emptying that is its administrator's"
        )


def up() -> None:
    """Start the embedded warehouse, bring it to this release's shape, and leave it running."""
    settings = get_settings()
    _require_embedded(settings, "up")
    started = embedded.start(settings, say)
    if not warehouse.is_current(settings):
        with step("migrating"):
            warehouse.migrate(settings)
    found = embedded.status(settings)
    print(
        f"PostgreSQL {found.version} {'started' if started else 'was running'} (process {found.pid}), "
        f"{found.home}"
    )


def down() -> None:
    """Stop the embedded warehouse. What its clients are doing is rolled back."""
    settings = get_settings()
    _require_embedded(settings, "down")
    if embedded.has_users(settings):
        say("another closedloop command is using the warehouse; its work is rolled back")
    print("stopped" if embedded.stop(settings) else "nothing was running")


def migrate() -> None:
    """Bring the warehouse to this release's shape, and renew its grants."""
    settings = get_settings()
    with warehouse.in_use(settings, say):
        with step("migrating"):
            changed = warehouse.migrate(settings)
        print(f"revision {warehouse.current_revision(settings)}{'' if changed else ', nothing to do'}")


def reset(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete the embedded warehouse: every load, build and quarantined row. Secrets are kept."""
    settings = get_settings()
    _require_embedded(settings, "reset")
    if not yes:
        typer.confirm(f"Delete the warehouse in {settings.home} with everything loaded into it?", abort=True)
    removed = embedded.remove(settings)
    shutil.rmtree(settings.home / "dbt", ignore_errors=True)
    print("deleted" if removed else "there was none")


def status() -> None:
    """Say what is there, what runs, what is loaded and what is published.

    A stopped embedded server is started for the answer and stopped again; where there is none, none is made.
    """
    settings = get_settings()
    if settings.embedded:
        found = embedded.status(settings)
        print(f"home        {found.home}{'' if found.exists else ' (no warehouse yet: closedloop up)'}")
        if found.pid is None:
            print("server      not running" + (" (started for what follows)" if found.exists else ""))
            if found.exists:
                with warehouse.in_use(settings):
                    _tell_warehouse(settings)
            return
        state = f"PostgreSQL {found.version}" if found.version else "does not answer"
        print(f"server      {state}, process {found.pid}, socket in {found.sockets}")
    else:
        print(f"server      {warehouse.urls(settings)!r}")
    _tell_warehouse(settings)


def _tell_warehouse(settings: Settings) -> None:
    """What is loaded and published, of a warehouse that answers."""
    revision = warehouse.current_revision(settings)
    expected = warehouse.latest_revision()
    behind = "" if revision == expected else f" (expected {expected}: closedloop migrate)"
    print(f"revision    {revision or 'none'}{behind}")
    if revision is None:
        return
    with warehouse.connect("owner", settings) as connection:
        print(f"demo        {'yes, a synthetic city' if warehouse.is_demo(connection) else 'no'}")
        loads = connection.execute("select count(*), max(finished_at) from ops.batches").fetchone()
        open_rows = connection.execute("select count(*) from ops.quarantine where status = 'open'").fetchone()
        build = last_build(connection)
        refreshed = last_refresh(connection)
    if loads and open_rows:
        last = f", last {_local(loads[1], settings)}" if loads[1] else ""
        print(f"loads       {loads[0]:,}{last}; {open_rows[0]:,} rows in quarantine")
    if build is None:
        print("build       none yet: closedloop build")
    else:
        print(
            f"build       {build.build_id} {build.status}, {_local(build.at, settings)}{_course(build)}"
            f"{f': {build.message}' if build.message else ''}"
        )
        if revision == expected:
            _tell_published(build.build_id, settings)
    _tell_refresh(refreshed, settings)
    for sentence in warehouse.advice(settings) if revision == expected else ():
        print(f"advice      {sentence}")


def _course(build: LastBuild) -> str:
    """Whether it made everything anew, as far as that is known."""
    if build.is_full:
        return ", everything anew"
    return f", going on from build {build.went_on_from}" if build.went_on_from else ""


def _tell_published(last_id: int, settings: Settings) -> None:
    """What the pages show, where that is not the last build; and why another one is due."""
    now = freshness(settings)
    if now.published is None:
        print("published   nothing yet")
    elif now.published.build_id != last_id:
        at = _local(now.published.published_at, settings)
        print(f"published   build {now.published.build_id} of {at}, as before")
    if now.published is not None and now.due is not None:
        print(f"due         {now.due}: closedloop build")


def _tell_refresh(last: LastRefresh | None, settings: Settings) -> None:
    if last is not None:
        if last.ended is not None:
            print(f"refresh     {_local(last.ended, settings)}: {last.outcome}")
        elif last.running is not None:
            print(f"refresh     running: {last.running}")
        else:
            print(
                f"refresh     interrupted, began {_local(last.began, settings)}; "
                "the next one completes it: closedloop refresh"
            )
    inbox = Inbox.of(settings)
    if inbox.folder.is_dir():
        complete, waiting = inbox.look_around()
        print(f"inbox       {inbox.folder}: {len(complete)} to load, {len(waiting)} not complete yet")


def _local(moment, settings: Settings) -> str:
    return f"{moment.astimezone(settings.zone):%Y-%m-%d %H:%M}"
