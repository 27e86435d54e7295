"""What a file is, by its content: text, a workbook, or either of them compressed. The name is never asked."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from typing import Literal

from closedloop.intake.refused import RefusedFile

#: Unpacked size at which a compressed file is refused rather than filling the machine's memory.
MOST_BYTES = 4 * 1024**3

_NO_TABLE = {
    b"%PDF": "PDF",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"Rar!": "RAR",
    b"7z\xbc\xaf": "7z",
    b"\x7fELF": "ELF",
    b"MZ": "EXE",
}

#: Wrappings of one table: a gzip in a zip is met, anything deeper is a mistake or a trap.
DEEPEST = 2

Kind = Literal["text", "workbook"]


def unpack(data: bytes, name: str, depth: int = 0) -> tuple[Kind, bytes]:
    """The kind of table in a file and its unpacked bytes. Refuses what holds no table, or more than one."""
    if not data[:4096].strip() and not data.strip():
        raise RefusedFile(
            f"{name} is empty; export it again.",
            f"{name} 是空文件；请重新导出。",
        )
    if data.startswith(b"\x1f\x8b"):
        _refuse_deeper(depth, name)
        return unpack(_gunzip(data, name), name, depth + 1)
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _open_zip(data, name, depth)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        return "workbook", data
    for magic, kind in _NO_TABLE.items():
        if data.startswith(magic) and b"\0" in data[:4096]:
            raise _no_table(name, kind)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise RefusedFile(
            f"{name} is UTF-16 text; save it as CSV UTF-8.",
            f"{name} 的编码是 UTF-16；请另存为 CSV UTF-8。",
        )
    if b"\0" in data:
        raise _no_table(name, "binary")
    return "text", data


def _refuse_deeper(depth: int, name: str) -> None:
    if depth >= DEEPEST:
        raise RefusedFile(
            f"{name} is compressed more than {DEEPEST} times over; unpack it first.",
            f"{name} 被压缩超过 {DEEPEST} 层；请先解压。",
        )


def _no_table(name: str, kind: str) -> RefusedFile:
    return RefusedFile(
        f"{name} is no table (its content is {kind}); export it as CSV or XLSX.",
        f"{name} 不是表格（内容为 {kind}）；请导出为 CSV 或 XLSX。",
    )


def _cut_short(name: str) -> RefusedFile:
    return RefusedFile(
        f"{name} is cut short: its beginning is there and its end is missing; copy or export it again.",
        f"{name} 不完整：只有开头，缺少结尾；请重新复制或导出。",
    )


def _too_big(name: str) -> RefusedFile:
    limit = MOST_BYTES // 1024**3
    return RefusedFile(
        f"{name} unpacks to more than {limit} GB; export it in parts.",
        f"{name} 解压后超过 {limit} GB；请分批导出。",
    )


def _gunzip(data: bytes, name: str) -> bytes:
    try:
        with gzip.open(io.BytesIO(data)) as stream:
            content = stream.read(MOST_BYTES + 1)
    except (EOFError, OSError, zlib.error) as error:
        raise _cut_short(name) from error
    if len(content) > MOST_BYTES:
        raise _too_big(name)
    return content


def _open_zip(data: bytes, name: str, depth: int) -> tuple[Kind, bytes]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except zipfile.BadZipFile as error:
        raise _cut_short(name) from error
    names = archive.namelist()
    if any(n.startswith("xl/") for n in names):
        return "workbook", data
    _refuse_deeper(depth, name)
    members = [
        m for m in archive.infolist() if not m.is_dir() and not m.filename.startswith(("__MACOSX/", "."))
    ]
    if len(members) != 1:
        raise RefusedFile(
            f"{name} holds {len(members)} files; give one table per archive.",
            f"{name} 内有 {len(members)} 个文件；每个压缩包只放一张表。",
        )
    member = members[0]
    if member.flag_bits & 0x1:
        raise RefusedFile(
            f"{name} is locked with a password; unpack it first.",
            f"{name} 有密码；请先解压。",
        )
    if member.file_size > MOST_BYTES:
        raise _too_big(name)
    try:
        content = archive.read(member)
    except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError) as error:
        raise _cut_short(name) from error
    return unpack(content, name, depth + 1)
