"""What a full extract would withdraw, before it is loaded: the load's own question, asked and rolled back."""

from __future__ import annotations

from dataclasses import dataclass

from closedloop.hints import Hint, hint
from closedloop.intake.contract import TABLES
from closedloop.intake.covers import Covers, Extract
from closedloop.intake.load import Prepared, loops_in, refuse_empty_extract
from closedloop.intake.previewing import rolled_back
from closedloop.intake.store import tombstones
from closedloop.intake.store.copying import copy_rows, create_incoming
from closedloop.intake.store.coverage import resolve
from closedloop.settings import Settings


@dataclass(frozen=True)
class Withdrawal:
    """Of ``known`` rows that the extract should hold, ``absent`` are not in it and would be withdrawn.

    ``unjudged`` rows of the file have no readable key: then nothing is withdrawn, and ``absent`` is 0.
    """

    table: str
    known: int
    absent: int
    unjudged: int = 0

    @property
    def is_large(self) -> bool:
        """Whether so much would go that the extract may not be complete."""
        return tombstones.are_many(self.absent, self.known)

    @property
    def warning(self) -> Hint | None:
        """What to check before the file is loaded; None where nothing stands out."""
        if self.is_large:
            return hint("withdraws_much", table=self.table, absent=self.absent, known=self.known)
        return None


def withdrawals(
    prepared: Prepared,
    *,
    extract: Extract | None = None,
    covers: Covers | None = None,
    settings: Settings | None = None,
) -> tuple[Withdrawal, ...]:
    """What :func:`closedloop.intake.write` would withdraw, per table; empty for an extract that is not full.

    Writes nothing and waits for nobody; a load that runs meanwhile may change the answer. Raises what the
    load would raise: RefusedFile for a full extract without a good row, ClosedloopError for a station that is
    not known.
    """
    if (extract or prepared.mapping.extract or "delta") != "full":
        return ()
    found = []
    with rolled_back(settings) as connection:
        for mapped, checked in prepared.outputs:
            table = TABLES[mapped.output.table]
            if mapped.output.distinct:
                continue
            refuse_empty_extract(connection, prepared, table, checked)
            extent = resolve(connection, table, checked.good, "full", covers or Covers())
            create_incoming(connection, table)
            copy_rows(connection, table, checked.good)
            tombstones.remember_present(connection, table, checked.bad_keys)
            known, absent = tombstones.count_absent(connection, table, extent, loops_in(table, checked))
            nameless = checked.bad_without_key
            found.append(Withdrawal(table.name, known, 0 if nameless else absent, nameless))
    return tuple(found)
