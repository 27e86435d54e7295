"""Rows in the binary form of COPY: the server reads it in half the time of text, moments above all.

A row is the number of its fields, and each field its length and its bytes; a blank is a length of -1. Whole
columns become lengths and bytes here, and are joined row by row in one pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from psycopg.types.numeric import DecimalBinaryDumper
from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Double, Integer, Numeric, Text

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"

#: Moments are microseconds and days are days since 2000, here since 1970.
_EPOCH_DAYS = (date(2000, 1, 1) - date(1970, 1, 1)).days
_BLANK = -1

Field = tuple[np.ndarray, pa.LargeBinaryArray]


def binary_rows(rows: pl.DataFrame, columns: Sequence[Column[Any]]) -> memoryview:
    """The rows, each with these columns in this order."""
    number = np.full(rows.height, len(columns), dtype=">i2")
    parts: list[Any] = [_of_one_size(number)]
    for column in columns:
        lengths, values = _field(rows[column.name], column)
        parts += [_of_one_size(lengths.astype(">i4")), values]
    # The last argument stands between the others.
    parts.append(pa.scalar(b"", pa.large_binary()))
    joined = pc.call_function("binary_join_element_wise", parts)
    _, offsets, data = joined.buffers()
    end = np.frombuffer(offsets, dtype=np.int64)[rows.height]
    return memoryview(data)[:end]


def _field(cells: pl.Series, column: Column[Any]) -> Field:
    """The lengths of a column's cells and their bytes, as the column's type wants them."""
    match column.type:
        case Text():
            texts = cells.cast(pl.String)
            return _lengths(texts.str.len_bytes()), _bytes_of(texts)
        case DateTime():
            moments = cells.cast(pl.Datetime("us", "UTC")).to_physical()
            return _numbers(moments - _EPOCH_DAYS * 86_400_000_000, ">i8")
        case Date():
            return _numbers(cells.cast(pl.Date).to_physical() - _EPOCH_DAYS, ">i4")
        case Boolean():
            return _numbers(cells.cast(pl.Boolean).cast(pl.UInt8), "u1")
        case BigInteger():
            return _numbers(cells.cast(pl.Int64), ">i8")
        case Integer():
            return _numbers(cells.cast(pl.Int32), ">i4")
        case Double():
            return _numbers(cells.cast(pl.Float64), ">f8")
        case Numeric():
            return _decimals(cells.cast(pl.String))
    raise TypeError(f"{column} has a type that no table of the contract has")


def _numbers(cells: pl.Series, kind: str) -> Field:
    said = cells.is_not_null().to_numpy()
    values = cells.drop_nulls().to_numpy().astype(kind)
    lengths = np.where(said, values.itemsize, _BLANK)
    return lengths, _split(values.tobytes(), np.where(said, values.itemsize, 0))


def _decimals(cells: pl.Series) -> Field:
    """Decimal numbers come as texts, and are few: each different one is written once."""
    dumper = DecimalBinaryDumper(Decimal)
    different = cells.unique().drop_nulls()
    written = pl.Series([bytes(dumper.dump(Decimal(text)) or b"") for text in different], dtype=pl.Binary)
    values = cells.replace_strict(different, written, default=None, return_dtype=pl.Binary)
    return _lengths(values.bin.size()), _bytes_of(values)


def _lengths(sizes: pl.Series) -> np.ndarray:
    return sizes.cast(pl.Int64).fill_null(_BLANK).to_numpy()


def _bytes_of(values: pl.Series) -> pa.LargeBinaryArray:
    """The bytes of texts or binary values; none of a blank."""
    there = values.cast(pl.Binary).fill_null(b"").to_arrow(compat_level=pl.CompatLevel.oldest())
    return there.cast(pa.large_binary())


def _of_one_size(values: np.ndarray) -> pa.LargeBinaryArray:
    return _split(values.tobytes(), np.full(len(values), values.itemsize))


def _split(data: bytes, sizes: np.ndarray) -> pa.LargeBinaryArray:
    offsets = np.zeros(len(sizes) + 1, dtype=np.int64)
    np.cumsum(sizes, out=offsets[1:])
    return pa.LargeBinaryArray.from_buffers(
        pa.large_binary(), len(sizes), [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    )
