"""Uploading an export: the same reading, mapping, checking and writing as ``closedloop load``, in two steps.

First a preview, which writes nothing; then, on a click, the load. Both ask whether this person may.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from closedloop import intake
from closedloop.errors import ClosedloopError
from closedloop.intake import Covers, Hint, LoadReport, Prepared, Suggestion, Withdrawal
from closedloop.intake.contract import TABLES
from closedloop.intake.covers import Extract, moment
from closedloop.settings import get_settings
from closedloop.ui.identity import Identity, may_upload

#: What an upload may unpack to; its own size is limited by ``server.maxUploadSize``.
MOST_UNPACKED = 512 * 1024**2

#: Tables an upload can fill, in the order of the contract.
UPLOAD_TABLES = tuple(TABLES)


class NotAllowed(ClosedloopError):
    """This person may look, and may not load."""


class Busy(ClosedloopError):
    """Another load or a build holds the warehouse."""


@dataclass(frozen=True)
class Wish:
    """A file and how it is to be read. ``mapping`` is YAML, or None where the headers are the contract's."""

    name: str
    data: bytes
    table: str
    mapping: str | None = None
    extract: Extract = "delta"
    until: str = ""

    @property
    def token(self) -> str:
        """The same for the same content, read in the same way."""
        parts = (self.name, self.table, self.mapping, self.extract, self.until)
        return hashlib.sha256(repr(parts).encode() + self.data).hexdigest()

    @property
    def covers(self) -> Covers | None:
        """What the person said the file is complete for. Raises ClosedloopError for what is no moment."""
        until = self.until.strip()
        if not until:
            return None
        return Covers(until=moment(until, get_settings().zone, "complete until"))


def draft(identity: Identity, data: bytes, name: str, table: str | None) -> Suggestion:
    """A mapping proposed for the file. Raises RefusedFile."""
    _require(identity)
    return intake.suggest_mapping(data, name, table=table, most_bytes=MOST_UNPACKED)


def preview(identity: Identity, wish: Wish) -> Prepared:
    """What a load would do, without writing anything. Raises ClosedloopError: RefusedFile, MappingError."""
    _require(identity)
    mapping = None if wish.mapping is None else intake.parse_mapping(wish.mapping.encode(), "upload.yml")
    return intake.prepare_bytes(
        wish.table,
        wish.data,
        wish.name,
        mapping=mapping,
        loaded_by="upload",
        most_bytes=MOST_UNPACKED,
    )


def withdrawals(identity: Identity, wish: Wish, prepared: Prepared) -> tuple[Withdrawal, ...]:
    """What the load would withdraw, without writing anything. Raises what the load would raise."""
    _require(identity)
    return intake.withdrawals(prepared, extract=wish.extract, covers=wish.covers)


def keeping(identity: Identity, prepared: Prepared) -> tuple[Hint, ...]:
    """What known rows would keep because the file does not say it, without writing anything."""
    _require(identity)
    return intake.keeping(prepared)


def load(identity: Identity, wish: Wish, prepared: Prepared) -> LoadReport:
    """Write what was previewed, in one transaction. Raises Busy instead of waiting for a build."""
    _require(identity)
    return intake.write(prepared, extract=wish.extract, covers=wish.covers, waiting=_refuse_to_wait)


def sentence(error: ClosedloopError, language: str) -> str:
    """An error in the person's language, where it has one."""
    return error.zh if language == "zh" and error.zh else str(error)


def said(hint: Hint, language: str) -> str:
    """A hint of the intake in the person's language."""
    return hint.zh if language == "zh" else str(hint)


def _require(identity: Identity) -> None:
    if not may_upload(identity):
        raise NotAllowed(
            "only analysts and operators load files; ask one of them",
            "仅分析人员和运维人员可导入文件；请联系他们",
        )


def _refuse_to_wait(said: str) -> None:
    raise Busy(said)
