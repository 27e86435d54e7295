"""A city in which every station's rows carry its mark: what crosses over is seen in any byte."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from psycopg import sql

from tests.access.marts import declared
from tests.servers import Warehouse

#: Columns that say something and are asked for by nobody: marked. Ids are asked for, so they come back.
MARKED = (
    "title", "place", "source_no", "source_file", "measures", "duty_team", "squad", "name_zh", "name_en",
    "post_id", "activity_id", "volunteer_post_id", "subject_key", "warning_id",
)  # fmt: skip
_MARK = re.compile(rb"zq([A-Za-z0-9]+)zq")
# Tables travel as columns of text without a gap between two cells, so an id ends anywhere.
_ITEM = re.compile(rb"(?=(directive|dispute|incident|diversion|hazard)(?::|%3A)([A-Za-z0-9_-]{1,40}))")


@dataclass(frozen=True)
class Planted:
    """What was planted: ``items`` are work item ids by station."""

    warehouse: Warehouse
    items: dict[str, tuple[str, ...]]

    def foreign(self, received: bytes, own: str | None, asked: set[str]) -> list[str]:
        """Marks and items in ``received`` that do not belong to station ``own``.

        ``asked`` are item ids that the visitor sent; a page may repeat those.
        """
        found = {found.decode() for found in _MARK.findall(received)} - {own}
        mine = set(self.items.get(own or "", ()))
        told = {f"{loop.decode()}:{after.decode()}" for loop, after in _ITEM.findall(received)}
        named = {item for item in map(self._item_at_the_start_of, told) if item is not None}
        return sorted(found) + sorted(named - mine - asked)

    def _item_at_the_start_of(self, text: str) -> str | None:
        for length in range(len(text), 0, -1):
            if text[:length] in self.known:
                return text[:length]
        return None

    @cached_property
    def known(self) -> frozenset[str]:
        """Every item there is."""
        return frozenset(item for items in self.items.values() for item in items)


def plant(warehouse: Warehouse) -> Planted:
    """Mark the rows of a city that may be written to."""
    with warehouse.connect("owner") as connection:
        for relation, scope in declared().items():
            if scope not in ("station", "place", "totals"):
                continue
            columns = connection.execute(
                "select column_name from information_schema.columns where table_schema = 'marts' "
                "and table_name = %s and column_name = any (%s) and data_type = 'text'",
                [relation, list(MARKED)],
            ).fetchall()
            if columns:
                marks = sql.SQL(", ").join(
                    sql.SQL("{0} = {0} || ' zq' || station_id || 'zq'").format(sql.Identifier(name))
                    for (name,) in columns
                )
                connection.execute(sql.SQL("update marts.{} set {}").format(sql.Identifier(relation), marks))
        rows = connection.execute(
            "select station_id, array_agg(work_item_id) from marts.fct_work_items group by station_id"
        ).fetchall()
    return Planted(warehouse, {station: tuple(items) for station, items in rows})
