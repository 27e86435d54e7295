"""Numbers of items as a source system gives them: a letter, the day, a running number of that day."""

from __future__ import annotations

import numpy as np
import polars as pl

from closedloop.demo.clock import DAY


def numbers(prefix: str, opened: np.ndarray, width: int) -> np.ndarray:
    """``prefix`` + ``yymmdd`` + a serial of ``width`` digits within the day, by time of opening.

    >>> numbers("J", np.array([0, 90_000, 5]), 3).tolist()
    ['J700101001', 'J700102001', 'J700101002']
    """
    order = np.argsort(opened, kind="stable")
    day = (opened // DAY)[order]
    starts = np.concatenate(([True], day[1:] != day[:-1])) if len(day) else np.zeros(0, dtype=bool)
    first = np.maximum.accumulate(np.where(starts, np.arange(len(day)), 0))
    serial = np.arange(len(day)) - first + 1
    frame = pl.DataFrame({"day": day.astype(np.int32), "serial": serial}).select(
        pl.lit(prefix)
        + pl.col("day").cast(pl.Date).dt.to_string("%y%m%d")
        + pl.col("serial").cast(pl.String).str.zfill(width)
    )
    numbered = np.empty(len(opened), dtype=f"<U{len(prefix) + 6 + width + 2}")
    numbered[order] = frame.to_series().to_numpy().astype(str)
    return numbered
