"""What known rows would keep because the file does not have its column, before the file is loaded."""

from __future__ import annotations

from closedloop.hints import Hint
from closedloop.intake.contract import TABLES, key_of
from closedloop.intake.load import Prepared
from closedloop.intake.previewing import rolled_back
from closedloop.intake.reading import ROW
from closedloop.intake.store.copying import copy_rows, create_incoming
from closedloop.intake.store.unsaid import count_unsaid
from closedloop.settings import Settings


def keeping(prepared: Prepared, *, settings: Settings | None = None) -> tuple[Hint, ...]:
    """The hints that :func:`closedloop.intake.write` would give on it, one per table of the file.

    Only keys are handed to the warehouse, and nothing is written.
    """
    found = []
    with rolled_back(settings) as connection:
        for mapped, checked in prepared.outputs:
            table = TABLES[mapped.output.table]
            create_incoming(connection, table)
            copy_rows(connection, table, checked.good.select(ROW, key_of(table)))
            found.append(count_unsaid(connection, table, checked.good.columns))
    return tuple(kept.hint for kept in found if kept.hint)
