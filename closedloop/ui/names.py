"""The names of stations, stages, colours and the rest, in the language of the visit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import pandas as pd

from closedloop.queries.reference import names as ask_names
from closedloop.ui.asking import ask
from closedloop.ui.language import Texts
from closedloop.warehouse.scope import Scope

UNASSIGNED = "UNASSIGNED"

#: The shape that stands beside a colour's name, for those who do not see the colour.
SYMBOLS = {"red": "●", "yellow": "◆", "blue": "■"}


@lru_cache(maxsize=64)
def known_names(scope: Scope, build_id: int, as_of: datetime, texts: Texts) -> Names:
    """The names that a scope may see in a build, read once and shared: nobody changes them."""
    return Names.of(ask(ask_names, scope, as_of, build_id), texts)


@dataclass(frozen=True)
class Names:
    """Names by kind and id, and the fixed order of each kind. Made from ``queries.reference.names``."""

    rows: dict[tuple[str, str], dict]
    order: dict[str, tuple[str, ...]]
    texts: Texts

    @classmethod
    def of(cls, frame: pd.DataFrame, texts: Texts) -> Names:
        """Names from the answer to ``queries.reference.names``."""
        rows: dict[tuple[str, str], dict] = {}
        order: dict[str, list[str]] = {}
        for row in frame.itertuples(index=False):
            kind, key = str(row.kind), str(row.id)
            rows[kind, key] = {
                "parent": row.parent,
                "name": texts.pick(row.name_zh, row.name_en),
                "detail": row.detail,
            }
            order.setdefault(kind, []).append(key)
        return cls(rows, {kind: tuple(ids) for kind, ids in order.items()}, texts)

    def ids(self, kind: str, parent: str | None = None) -> tuple[str, ...]:
        """Ids of a kind in their fixed order, of one parent if given."""
        ids = self.order.get(kind, ())
        return ids if parent is None else tuple(i for i in ids if self.rows[kind, i]["parent"] == parent)

    def name(self, kind: str, key: str | None) -> str:
        """The name, the id itself where it has none, a dash for nothing."""
        if key is None or key != key:
            return "—"
        row = self.rows.get((kind, key))
        return row["name"] if row else str(key)

    def detail(self, kind: str, key: str | None) -> str | None:
        """A stage's actor, a colour's symbol, a move's effect."""
        row = self.rows.get((kind, key or ""))
        return row["detail"] if row else None

    def stations(self) -> tuple[str, ...]:
        """The stations in scope, in the bureau's fixed order; what belongs to none comes last."""
        ids = self.ids("station")
        return tuple(i for i in ids if i != UNASSIGNED) + ((UNASSIGNED,) if UNASSIGNED in ids else ())

    def station(self, station_id: str | None) -> str:
        """A station's name."""
        return self.name("station", station_id)

    def loop(self, loop: str | None) -> str:
        """A loop's name."""
        return self.name("loop", loop)

    def stage(self, loop: str, stage: str | None) -> str:
        """A stage's name in its loop."""
        if stage is None or stage != stage:
            return "—"
        row = self.rows.get(("stage", f"{loop}:{stage}"))
        return row["name"] if row else str(stage)

    def target(self, loop: str, target: str | None) -> str:
        """A target's name in its loop."""
        if target is None or target != target:
            return "—"
        row = self.rows.get(("target", f"{loop}:{target}"))
        return row["name"] if row else str(target)

    def move(self, move: str | None) -> str:
        """A move's name."""
        return self.name("move", move)

    def severity(self, severity: str | None) -> str:
        """A colour with its symbol, never the colour alone: ``● 红色``."""
        if severity is None or severity != severity:
            return self.texts.t("No colour")
        return f"{SYMBOLS.get(severity, '○')} {self.name('severity', severity)}"

    def holder_kind(self, kind: str | None) -> str:
        """Whose move it is, as a kind."""
        t = self.texts.t
        return {
            "centre": t("Control centre"),
            "station": t("Station"),
            "post": t("Post"),
            "department": t("Department"),
        }.get(kind or "", "—")

    def holder(self, kind: str | None, holder_id: str | None) -> str:
        """当前责任方: the kind, and who it is where that says more."""
        label = self.holder_kind(kind)
        if holder_id is None or holder_id != holder_id:
            return label
        if kind == "department":
            return self.name("department", holder_id)
        if kind == "station":
            return self.station(holder_id)
        if kind == "centre":
            return self.name("bureau", holder_id)
        # A station without posts of its own stands in for them.
        return label if ("station", holder_id) in self.rows else f"{label} {self.name('post', holder_id)}"

    def source(self, table: str) -> str:
        """The name of a source table."""
        t = self.texts.t
        return {
            "bureaus": t("Bureaus"),
            "stations": t("Stations"),
            "posts": t("Posts"),
            "incidents": t("Incidents"),
            "disputes": t("Disputes"),
            "directives": t("Directives"),
            "diversions": t("Diversions"),
            "tasks": t("Tasks and hazards"),
            "loop_events": t("Stages and moves"),
            "volunteer_posts": t("Volunteer posts"),
            "volunteers": t("Volunteers"),
            "volunteer_activities": t("Volunteer activities"),
        }.get(table, table)
