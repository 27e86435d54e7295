"""Writing the files a bureau's systems would export, and the manifest that says what each of them covers."""

from __future__ import annotations

import gzip
import io
import zipfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl
import xlsxwriter
import yaml
from sqlalchemy import Boolean

from closedloop.demo import city, defects
from closedloop.demo.clock import REFERENCE
from closedloop.intake import contract

#: A date in every archive header, so that the same content gives the same bytes.
_ZIP_DATE = (2025, 4, 25, 8, 0, 0)

#: Reference seeds whose Chinese names older systems write, and the column of their ids.
_CATALOGUES = {"categories": "category", "departments": "department_id", "severities": "severity"}


@dataclass
class ExportFile:
    """One file to write. ``name`` decides the format (``.csv``, ``.csv.gz``, ``.zip``, ``.xlsx``)."""

    name: str
    table: str
    frame: pl.DataFrame
    covers: tuple[str, str]
    extract: str = "delta"
    chinese_headers: bool = False
    encoding: str = "utf-8"
    last_day: bool = False
    garbage: int = 0
    bad_rows: int = 0

    def entry(self) -> dict:
        """This file's line in the manifest."""
        missing = {"except": [str(city.IDS[city.MISSING])]}
        return {
            "file": self.name,
            "table": self.table,
            "extract": self.extract,
            "covers_from": self.covers[0],
            "covers_until": self.covers[1],
            "stations": missing if self.last_day else "all",
        }


def write(file: ExportFile, out: Path, compression: int) -> int:
    """Write one file and return its size in bytes."""
    path = out / file.name
    frame = file.frame
    if file.chinese_headers:
        frame = _in_chinese(frame, file.table)
    if file.name.endswith(".xlsx"):
        path.write_bytes(_workbook(frame))
        return path.stat().st_size
    content = _csv(frame)
    if file.garbage:
        content = _with_garbage(content, file.garbage)
    if file.encoding != "utf-8":
        content = content.decode("utf-8").encode(file.encoding)
    if file.name.endswith(".gz"):
        with path.open("wb") as raw, gzip.GzipFile("", "wb", compression, raw, mtime=0) as packed:
            packed.write(content)
    elif file.name.endswith(".zip"):
        path.write_bytes(_zipped(file.name.removesuffix(".zip") + ".csv", content))
    else:
        path.write_bytes(content)
    return path.stat().st_size


def _in_chinese(frame: pl.DataFrame, table: str) -> pl.DataFrame:
    """Chinese headers, and Chinese names of categories, departments, colours and flags."""
    columns = contract.TABLES[table].columns
    for name in frame.columns:
        info = columns[name].info
        catalogue = info.get("soft_choices") or info.get("refers")
        if catalogue in _CATALOGUES:
            frame = frame.with_columns(pl.col(name).replace(_names(catalogue)))
        if isinstance(columns[name].type, Boolean):
            frame = frame.with_columns(pl.col(name).replace({"1": "是", "0": "否"}))
    return frame.rename({name: columns[name].info["zh"] for name in frame.columns})


def _names(catalogue: str) -> dict[str, str]:
    """From id to Chinese name, of a reference seed."""
    seed = pl.read_csv(REFERENCE / f"{catalogue}.csv", infer_schema=False)
    return dict(zip(seed[_CATALOGUES[catalogue]], seed["name_zh"], strict=True))


def _csv(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_csv(buffer)
    return buffer.getvalue()


def _with_garbage(content: bytes, count: int) -> bytes:
    """Lines that are no rows, spread through the file."""
    lines = content.split(b"\n")
    for i in range(count):
        lines.insert(2 + (len(lines) - 3) * (i + 1) // (count + 1), defects.GARBAGE[i % 3].encode())
    return b"\n".join(lines)


def _zipped(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    info = zipfile.ZipInfo(name, _ZIP_DATE)
    info.compress_type, info.create_system, info.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(info, content, compresslevel=9)
    return buffer.getvalue()


def _workbook(frame: pl.DataFrame) -> bytes:
    """A sheet of texts, as spreadsheets exported by such systems are."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.set_properties({"created": datetime(2025, 4, 25, 8)})
    sheet = book.add_worksheet("Sheet1")
    for column, name in enumerate(frame.columns):
        sheet.write_string(0, column, name)
        for row, value in enumerate(frame[name].to_list(), start=1):
            if value is not None:
                sheet.write_string(row, column, value)
    book.close()
    return buffer.getvalue()


def write_manifest(files: list[ExportFile], out: Path, scale: float, seed: int) -> None:
    """``manifest.yml``: load order and coverage of every file."""
    head = (
        "# Synthetic data of a city that does not exist. Written by: python -m closedloop demo "
        f"--scale {scale:g} --seed {seed}\n"
        "# Times are local (Asia/Shanghai). Files are loaded in this order.\n"
    )
    body = {
        "synthetic": True,
        "city": city.CITY,
        "time_zone": "Asia/Shanghai",
        "scale": scale,
        "seed": seed,
        "files": [f.entry() for f in files],
    }
    (out / "manifest.yml").write_text(
        head + yaml.safe_dump(body, allow_unicode=True, sort_keys=False), "utf-8"
    )
