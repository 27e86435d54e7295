"""A person's key becomes a keyed hash: the same key gives the same pseudonym, and nobody without the key
can go back."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable

import polars as pl

PREFIX = "p1-"
_GAPS = re.compile(r"[\s\u200b-\u200d\ufeff\-‐‑‒–—―()+.]")
_COUNTRY = re.compile(r"(?:00)?86(?=1[3-9]\d{9}$)")
_PSEUDONYM = re.compile(rf"{PREFIX}[0-9a-f]{{32}}")
#: Keys that every step of :func:`_one_spelling` leaves as they are.
_PLAIN = r"^[0-9A-Za-z]{1,12}$"
_BLOCK = 64


class Pseudonymiser:
    """HMAC-SHA256 under the warehouse's key, cut to 128 bits and marked ``p1-``.

    Deterministic; a value that is a pseudonym already stays as it is, so that a quarantined row can be
    replayed.
    """

    def __init__(self, key: bytes) -> None:
        if not key:
            raise ValueError("the key of the pseudonyms is empty")
        key = hashlib.sha256(key).digest() if len(key) > _BLOCK else key
        padded = key.ljust(_BLOCK, b"\0")
        # HMAC written out, so that the two key blocks are hashed once and not once per value.
        self._inner = hashlib.sha256(bytes(b ^ 0x36 for b in padded))
        self._outer = hashlib.sha256(bytes(b ^ 0x5C for b in padded))

    def __call__(self, value: str) -> str:
        if _PSEUDONYM.fullmatch(value):
            return value
        return self._hashed([_one_spelling(value)])[0]

    def column(self, values: pl.Series) -> pl.Series:
        """A column of keys as pseudonyms; nulls stay null."""
        unique = values.unique().drop_nulls()
        if unique.is_empty():
            return values
        # Nearly every key is one word of letters and digits: it has one spelling, and is no pseudonym.
        plain = unique.str.contains(_PLAIN)
        keys, others = unique.filter(plain), unique.filter(~plain)
        pseudonyms = pl.Series([*self._hashed(keys.to_list()), *map(self, others.to_list())], dtype=pl.String)
        return values.replace_strict(keys.extend(others), pseudonyms, return_dtype=pl.String)

    def _hashed(self, values: Iterable[str]) -> list[str]:
        copy_inner, copy_outer = self._inner.copy, self._outer.copy
        pseudonyms = []
        for value in values:
            inner, outer = copy_inner(), copy_outer()
            inner.update(value.encode())
            outer.update(inner.digest())
            pseudonyms.append(PREFIX + outer.hexdigest()[:32])
        return pseudonyms


def _one_spelling(value: str) -> str:
    """A number however it is written (full-width, in groups, with the country's code) is one person's key."""
    if not (value.isascii() and value.isalnum()):
        value = unicodedata.normalize("NFKC", value)
        plain = _GAPS.sub("", value)
        value = plain if plain.isdigit() else value
    return _COUNTRY.sub("", value) if len(value) > 12 else value
