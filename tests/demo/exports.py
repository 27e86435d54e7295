"""The exports as anybody could read them: plain files, and of the product only the contract's names."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import polars as pl
import yaml

from closedloop.intake import contract

COMMITTED = Path(__file__).resolve().parents[2] / "seeds" / "demo"


def manifest(folder: Path = COMMITTED) -> dict:
    """``manifest.yml``."""
    return yaml.safe_load((folder / "manifest.yml").read_text("utf-8"))


def planted(folder: Path = COMMITTED) -> dict:
    """``planted.yml``."""
    return yaml.safe_load((folder / "planted.yml").read_text("utf-8"))


def content(path: Path) -> bytes:
    """What is inside a file: compression is not content."""
    data = path.read_bytes()
    if path.suffix == ".gz":
        return gzip.decompress(data)
    if path.suffix in (".zip", ".xlsx"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return b"\0".join(
                name.encode() + b"\0" + archive.read(name) for name in sorted(archive.namelist())
            )
    return data


def texts(path: Path, table: str) -> pl.DataFrame:
    """One export as strings under the contract's names; columns that are not the contract's are left out."""
    if path.suffix == ".xlsx":
        frame = pl.read_excel(path, infer_schema_length=0)
    else:
        data = content(path)
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                data = archive.read(archive.namelist()[0])
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("gb18030")
        frame = pl.read_csv(text.encode(), infer_schema=False, truncate_ragged_lines=True)
    columns = contract.business_columns(contract.TABLES[table])
    names = {c.info["zh"]: c.name for c in columns} | {c.name: c.name for c in columns}
    return frame.select(pl.col(h).alias(names[h]) for h in frame.columns if h in names)


def current(table: str, folder: Path = COMMITTED) -> pl.DataFrame:
    """The last version of every row of a table: later files win. Bad rows (numbers in -X) are left out."""
    key = contract.key_of(contract.TABLES[table])
    parts = [texts(folder / f["file"], table) for f in manifest(folder)["files"] if f["table"] == table]
    rows = pl.concat(parts, how="diagonal")
    good = pl.col(key).is_not_null() & ~pl.col(key).str.contains(r"-X\d+$|####|^-----|^ERR ")
    rows = rows.filter(good)
    opened = contract.TABLES[table].info.get("opened_by")
    if opened:
        rows = rows.filter(pl.col(opened).str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False).is_not_null())
    return rows.unique(key, keep="last", maintain_order=True)
