"""The inbox: what lies in it, what of that is complete, and where it goes afterwards.

::

    inbox/
        incidents_20250425.csv      a file of the table its name begins with, as `load DIR` reads it
        calls_0425.xlsx             a file that mappings/calls.yml fits
        2025-04-25/                 a delivery: files and a manifest.yml, taken and filed as one
        mappings/calls.yml          mappings for files whose names begin with `calls`; they stay
        done/  failed/              where files go, each with its report

``done`` and ``failed`` lie inside, so that moving a file there is one rename on one file system.
"""

from __future__ import annotations

import stat
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from closedloop.bystanders import is_bystander, is_unfinished
from closedloop.errors import ClosedloopError
from closedloop.settings import Settings

DONE, FAILED, MAPPINGS = "done", "failed", "mappings"
_OWN = frozenset({DONE, FAILED, MAPPINGS})

#: What a disk must have room for before anything is loaded.
_REPORT_BYTES = 1 << 16

#: What a file was when it was looked at: inode, size, last change.
Look = tuple[tuple[str, int, int, int], ...]


class InboxError(ClosedloopError):
    """The inbox cannot be worked with; the message says what to change."""


@dataclass(frozen=True)
class Arrival:
    """A file, or a folder that is taken as one. ``look`` is what it was when it was found complete."""

    path: Path
    is_folder: bool
    look: Look

    @property
    def unchanged(self) -> bool:
        """True while it is what it was; False when somebody wrote to it meanwhile, or took it away."""
        try:
            return _look(self.path)[0] == self.look
        except OSError:
            return False


@dataclass(frozen=True)
class Inbox:
    """The folder. ``quiet`` is for how many seconds nothing may have been written to what is taken."""

    folder: Path
    quiet: float = 0.0

    @classmethod
    def of(cls, settings: Settings) -> Inbox:
        """The inbox the settings name."""
        return cls(settings.inbox_folder, settings.inbox_quiet)

    @property
    def done(self) -> Path:
        """Where what was loaded goes."""
        return self.folder / DONE

    @property
    def failed(self) -> Path:
        """Where what was refused goes."""
        return self.folder / FAILED

    def prepare(self, *, make: bool) -> None:
        """Have the folders, private to us, and know that files can be moved there.

        ``make`` also makes the inbox itself: right for the default one, wrong for one that somebody named,
        which may be a share that is not mounted. Raises InboxError before anything is loaded: what cannot be
        filed away would be loaded again at every refresh.
        """
        if not self.folder.is_dir():
            if not make:
                raise InboxError(
                    f"there is no inbox {self.folder}: mount or make it, or correct CLOSEDLOOP_INBOX"
                )
            _make(self.folder)
        for folder in (self.done, self.failed):
            _make(folder)
            try:
                with tempfile.TemporaryFile(dir=folder) as probe:
                    # A report's length: an empty file can be made on a full disk, too.
                    probe.write(b"\0" * _REPORT_BYTES)
                    probe.flush()
            except OSError as error:
                raise InboxError(
                    f"nothing can be written to {folder} ({error.strerror}), so no file is loaded; free the "
                    "disk or correct the rights, then refresh again"
                ) from None
            if folder.stat().st_dev != self.folder.stat().st_dev:
                raise InboxError(
                    f"{folder} lies on another disk than the inbox, and a file cannot be moved there at one "
                    "stroke; make it an ordinary folder"
                )

    def look_around(self) -> tuple[list[Arrival], list[str]]:
        """What is complete, by name; and the names of what is still being written, or is no file."""
        complete, waiting = [], []
        try:
            there = sorted(self.folder.iterdir())
        except OSError as error:
            raise InboxError(
                f"the inbox {self.folder} cannot be read ({error.strerror}); correct its rights"
            ) from None
        for path in there:
            if path.name in _OWN or is_bystander(path.name):
                continue
            try:
                found, changed_at, sound = _look(path)
            except FileNotFoundError:
                continue
            if not sound or not found or self._is_being_written(path, changed_at):
                waiting.append(path.name)
            else:
                complete.append(Arrival(path, path.is_dir(), found))
        return complete, waiting

    def _is_being_written(self, path: Path, changed_at: float) -> bool:
        # The change time is the kernel's own: a copy that keeps the times of its original cannot set it.
        return is_unfinished(path.name) or time.time() - changed_at < self.quiet


def _look(path: Path) -> tuple[Look, float, bool]:
    """What a file or folder is, when it last changed, and whether everything in it is a complete file."""
    look, changed_at, sound = [], 0.0, True
    for each in _files_of(path):
        found = each.lstat()
        if stat.S_ISDIR(found.st_mode):
            changed_at = max(changed_at, found.st_ctime)
            continue
        # A link leads out of the inbox, and a pipe would be waited for.
        sound = sound and stat.S_ISREG(found.st_mode) and not is_unfinished(each.name)
        changed_at = max(changed_at, found.st_ctime)
        look.append((str(each.relative_to(path)), found.st_ino, found.st_size, found.st_mtime_ns))
    return tuple(sorted(look)), changed_at, sound


def _files_of(path: Path) -> Iterator[Path]:
    yield path
    if path.is_dir() and not path.is_symlink():
        yield from path.rglob("*")


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise InboxError(
            f"{folder} cannot be made ({error.strerror}); make it, or set CLOSEDLOOP_INBOX to another folder"
        ) from None
