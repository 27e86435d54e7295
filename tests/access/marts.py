"""What the catalogue says of the marts, and what the project's YAML says of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import psycopg

from tests.described import MODELS, models

#: What each scope word means to the page server and to an analyst's login, in PostgreSQL's own spelling,
#: white space aside.
MEANINGS = {
    "any": ("is not null", "is not null"),
    "city": ("= '*'::text", "'*'::text = any (access.analyst_stations())"),
    "station": (
        "station_id = any (string_to_array",
        "station_id = any (( select access.analyst_stations()",
    ),
    # As station, and small homes for those alone who work there or stand above it.
    "place": ("not is_small_home", "and (not is_small_home)"),
    # As station, and for a wall display by a setting of its own.
    "totals": ("closedloop.totals", "station_id = any (( select access.analyst_stations()"),
}
READER, ANALYSTS = "closedloop_reader", "closedloop_analyst"


@cache
def declared() -> dict[str, str]:
    """Scope word of every published model, from the YAML beside it."""
    found = {}
    for model in models(MODELS / "marts"):
        config = model.get("config", {})
        if config.get("schema", "marts") == "marts":
            found[model["name"]] = config.get("meta", {}).get("scope")
    return found


@dataclass(frozen=True)
class Relation:
    """One relation of ``marts`` as the database has it."""

    name: str
    kind: str
    secured: bool
    invoker: bool
    policies: tuple[tuple[str, str, str], ...]

    def fault(self, scope: str | None) -> str | None:
        """What is wrong with it, or None."""
        if self.kind == "v":
            return None if self.invoker else "a view without security_invoker"
        if self.kind not in ("r", "p"):
            return f"row security does not reach kind {self.kind}"
        if not self.secured:
            return "no row security"
        if scope not in MEANINGS:
            return f"no scope word in the YAML, or an unknown one: {scope}"
        if sorted(role for _, role, _ in self.policies) != [ANALYSTS, READER] or any(
            command != "r" for command, _, _ in self.policies
        ):
            return f"policies {self.policies}"
        conditions = {role: " ".join(condition.lower().split()) for _, role, condition in self.policies}
        for place, role in enumerate((READER, ANALYSTS)):
            condition = conditions[role]
            if MEANINGS[scope][place] not in condition:
                return f"its policy does not say {scope} to {role}: {condition}"
            if scope in ("place", "totals") and MEANINGS["station"][place] not in condition:
                return f"its policy forgets the station: {condition}"
            if scope != "totals" and "closedloop.totals" in condition:
                return f"its policy lets a wall display in: {condition}"
            if scope not in ("station", "place", "totals") and "station_id" in condition:
                return f"its policy says more than {scope}: {condition}"
        if "closedloop.stations" not in conditions[READER]:
            return f"its policy asks no scope: {conditions[READER]}"
        if "current_setting" in conditions[ANALYSTS]:
            return f"a person with SQL could set what it asks: {conditions[ANALYSTS]}"
        return None


def relations(connection: psycopg.Connection) -> list[Relation]:
    """Every relation of ``marts``, whoever made it."""
    rows = connection.execute(
        """
        select
            c.relname,
            c.relkind::text,
            c.relrowsecurity,
            coalesce(c.reloptions @> '{security_invoker=true}', false),
            coalesce(
                array_agg(array[
                    p.polcmd::text,
                    case when p.polroles = '{0}' then 'public' else (
                        select string_agg(pg_get_userbyid(role), ',') from unnest(p.polroles) as role
                    ) end,
                    pg_get_expr(p.polqual, p.polrelid)
                ]) filter (where p.oid is not null),
                '{}'
            )
        from pg_class as c
        join pg_namespace as n on n.oid = c.relnamespace
        left join pg_policy as p on p.polrelid = c.oid
        where n.nspname = 'marts' and c.relkind in ('r', 'p', 'v', 'm', 'f')
        group by c.oid
        order by c.relname
        """
    ).fetchall()
    return [Relation(*row[:4], tuple(tuple(policy) for policy in row[4])) for row in rows]
