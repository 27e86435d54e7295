"""dbt's documentation of every model and column as one file that asks no other address for anything."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from closedloop.errors import ClosedloopError
from closedloop.settings import Settings, get_settings
from closedloop.transform.environment import dbt_home
from closedloop.transform.workbench import dbt_command

#: dbt's page would report its readers to a server of dbt's; a browser that is told this asks nobody.
_ASK_NOBODY = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
    "script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "connect-src 'none'; form-action 'none'; base-uri 'none'\">"
)
_HEAD = "<head>"


class NoDocumentation(ClosedloopError):
    """dbt could not write it."""


def write_documentation(out: Path, say: Callable[[str], None], settings: Settings | None = None) -> Path:
    """Write the page for the published models to ``out``; the file.

    Raises NoDocumentation when dbt fails: what it said stands above.
    """
    settings = settings or get_settings()
    if dbt_command(["--quiet", "docs", "generate", "--static"], say, settings) != 0:
        raise NoDocumentation("dbt docs generate failed (see above)")
    made = dbt_home(settings) / "published" / "target" / "static_index.html"
    page = made.read_text(encoding="utf-8")
    if _HEAD not in page:
        raise NoDocumentation(f"{made} is no page as dbt 1.11 writes it; another dbt is installed")
    # Where this project lies on this machine is nobody's business.
    for folder in (settings.dbt_project_dir, settings.home):
        page = page.replace(str(folder), folder.name)
    page = page.replace(_HEAD, _HEAD + _ASK_NOBODY, 1)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page, encoding="utf-8")
    return out
