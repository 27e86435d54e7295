"""Secrets of an embedded warehouse: random, one per file, readable by who runs it and nobody else."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from closedloop.settings import Settings
from closedloop.warehouse.errors import WarehouseError
from closedloop.warehouse.home_folder import give_to_owner_of


def secrets_folder(settings: Settings) -> Path:
    """``home/secrets``, mode 0700."""
    return settings.home / "secrets"


def read_or_create(settings: Settings, name: str) -> str:
    """The secret ``name``, made on first use (43 URL-safe characters, 256 bits)."""
    try:
        return read(settings, name)
    except FileNotFoundError:
        keep(settings, name, secrets.token_urlsafe(32))
    return read(settings, name)


def keep(settings: Settings, name: str, value: str) -> None:
    """Make ``value`` the secret ``name``, unless there is one already."""
    folder = secrets_folder(settings)
    path = folder / name
    _make(folder, settings)
    # Written aside and linked: two processes that start at once end up with the same secret, never with half
    # of one.
    draft = folder / f".{name}.{os.getpid()}.{secrets.token_hex(4)}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(value)
        give_to_owner_of(settings.home, file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _make(folder: Path, settings: Settings) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        give_to_owner_of(settings.home, descriptor)
    finally:
        os.close(descriptor)


def read(settings: Settings, name: str) -> str:
    """The secret ``name``. Raises FileNotFoundError, or WarehouseError when other users can read it."""
    path = secrets_folder(settings) / name
    mode = path.stat().st_mode & 0o077
    if mode:
        raise WarehouseError(
            f"{path} can be read by other users (mode {path.stat().st_mode & 0o777:04o}); chmod 600 {path}, "
            "and make a new one if somebody else may have seen it"
        )
    return path.read_text().strip()


def hash_key(settings: Settings) -> bytes:
    """Key of the pseudonyms (``CLOSEDLOOP_HASH_KEY``, or the embedded warehouse's own).

    On a server the key must be given: two machines that made one each would give one caller two pseudonyms.
    """
    if settings.hash_key is not None:
        return settings.hash_key.get_secret_value().encode()
    if not settings.embedded:
        raise WarehouseError(
            "CLOSEDLOOP_HASH_KEY is not set: a warehouse on a server needs one key, the same on every "
            "machine that loads into it; make it once with: python -c 'import secrets; "
            "print(secrets.token_urlsafe(32))'"
        )
    return read_or_create(settings, "hash_key").encode()
