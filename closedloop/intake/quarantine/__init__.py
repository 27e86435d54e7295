"""Quarantine (待修正数据): listing what was refused, handing it out to be mended, taking it back in."""

from closedloop.intake.quarantine.export import export_rows
from closedloop.intake.quarantine.listing import Held, held_rows, summary
from closedloop.intake.quarantine.replay import ReplayReport, discard, replay

__all__ = ["Held", "ReplayReport", "discard", "export_rows", "held_rows", "replay", "summary"]
