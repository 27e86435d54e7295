"""How fresh the published figures are, whether a build is due, and why the last one failed. For the command
line.

Pages ask the same of the tables a reader may see: :mod:`closedloop.queries.status`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg

from closedloop.settings import Settings, get_settings
from closedloop.transform import record
from closedloop.transform.project import DbtProject
from closedloop.warehouse.connections import connect
from closedloop.warehouse.info import is_demo


@dataclass(frozen=True)
class Freshness:
    """The published build, what is newer than it, and the failure (if any) that kept the newer from being
    published.

    ``due`` is part of a sentence saying why a build is needed, None when none is.
    """

    published: record.PublishedBuild | None
    failure: record.FailedBuild | None
    due: str | None


def freshness(settings: Settings | None = None) -> Freshness:
    """Ask the build records and the batches, and compare the models and seeds on disk with the published
    ones.
    """
    settings = settings or get_settings()
    with connect("owner", settings) as conn:
        published = record.published_build(conn)
        return Freshness(published, record.failure_since(conn, published), _due(conn, settings, published))


def needs_build(settings: Settings | None = None) -> str | None:
    """Why a build is due; None when the published schemas are up to date.

    Due before the first build, after a load, and when a model, a seed or a setting that shapes figures
    differs from what the published build was made of.
    """
    settings = settings or get_settings()
    with connect("owner", settings) as conn:
        return _due(conn, settings, record.published_build(conn))


def _due(
    conn: psycopg.Connection[Any], settings: Settings, published: record.PublishedBuild | None
) -> str | None:
    if published is None:
        return "nothing has been published yet"
    if record.last_batch(conn) > published.last_batch_id:
        return f"files were loaded since build {published.build_id}"
    project = DbtProject.of(settings)
    if project.code_hash(shaping_variables(conn, settings, project)) != published.code_hash:
        return f"models, reference data or settings changed since build {published.build_id}"
    return None


def shaping_variables(
    conn: psycopg.Connection[Any], settings: Settings, project: DbtProject
) -> dict[str, Any]:
    """The dbt vars for this warehouse. The demo may take assumed limits for confirmed ones."""
    return project.variables(time_zone=settings.time_zone, accept_assumed_limits=is_demo(conn))
