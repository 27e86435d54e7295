"""What a file is, by its content: text, a workbook, or either of them compressed. The name is never asked."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
import zlib
from typing import Literal

from closedloop.bystanders import is_bystander
from closedloop.intake.reading.encoding import UTF_16_MARKS, is_unmarked_utf16
from closedloop.intake.reading.extent import refuse_far_cells
from closedloop.intake.refused import RefusedFile

#: Unpacked size at which a compressed file is refused rather than filling the machine's memory.
MOST_BYTES = 4 * 1024**3
#: The same for the parts of a workbook, whose cells take many times their size.
MOST_WORKBOOK_BYTES = 2 * 1024**3

#: Other kinds of file by how they begin. The last ones could begin a text, too, and must hold a NUL.
_NO_TABLE = {
    b"%PDF-": "PDF",
    b"\x89PNG\r\n": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"Rar!\x1a\x07": "RAR",
    b"7z\xbc\xaf": "7z",
    b"{\\rtf": "a text document, RTF",
    b"\x7fELF": "ELF",
    b"\x09\x02\x06\x00": "a workbook of before Excel 95",
    b"\x09\x04\x06\x00": "a workbook of before Excel 95",
    b"MZ": "EXE",
}
_COULD_BEGIN_A_TEXT = (b"MZ",)
_JSON = re.compile(rb'\s*(?:\[\s*)?\{\s*"')

#: Other things that are zips, by a part that each of them has.
_OTHER_ZIPS = {"word/": "a Word document", "ppt/": "a presentation"}

#: Wrappings of one table: a gzip in a zip is met, anything deeper is a mistake or a trap.
DEEPEST = 2

_OLE = b"\xd0\xcf\x11\xe0"

Kind = Literal["text", "workbook"]


def unpack(data: bytes, name: str, *, most: int = MOST_BYTES, depth: int = 0) -> tuple[Kind, bytes]:
    """The kind of table in a file and its unpacked bytes. Refuses what holds no table, more than one, or
    unpacks to more than ``most`` bytes."""
    start = data[:4096].removeprefix(b"\xef\xbb\xbf")
    if not start.strip() and not data.removeprefix(b"\xef\xbb\xbf").strip():
        raise RefusedFile(
            f"{name} is empty; export it again.",
            f"{name} 是空文件；请重新导出。",
        )
    if data.startswith(b"\x1f\x8b"):
        _refuse_deeper(depth, name)
        return unpack(_gunzip(data, name, most), name, most=most, depth=depth + 1)
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _open_zip(data, name, most, depth)
    if data.startswith(_OLE):
        return "workbook", _old_workbook(data, name)
    for magic, kind in _NO_TABLE.items():
        if data.startswith(magic) and (magic not in _COULD_BEGIN_A_TEXT or b"\0" in data[:4096]):
            raise _no_table(name, kind)
    if _JSON.match(data):
        raise _no_table(name, "JSON")
    if b"\0" in data and not data.startswith(UTF_16_MARKS) and not is_unmarked_utf16(data):
        raise _with_nul(data, name)
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


def _with_nul(data: bytes, name: str) -> RefusedFile:
    """Of a text that holds NUL characters, the line of the first; of anything else, that it is none."""
    line = data.count(b"\n", 0, data.index(b"\0")) + 1
    rest = data.replace(b"\0", b"")
    if any(byte < 32 and byte not in b"\t\n\r\x0b\x0c\x1a" for byte in rest[:4096]) or not rest.strip():
        return _no_table(name, "binary")
    return RefusedFile(
        f"{name} line {line:,} holds NUL characters, which no text has; the file was damaged on its way: "
        "copy or export it again.",
        f"{name} 第 {line:,} 行含有 NUL 字符，文件可能在传输中损坏；请重新复制或导出。",
    )


def _cut_short(name: str) -> RefusedFile:
    return RefusedFile(
        f"{name} is cut short: its beginning is there and its end is missing; copy or export it again.",
        f"{name} 不完整：只有开头，缺少结尾；请重新复制或导出。",
    )


def _damaged(name: str) -> RefusedFile:
    return RefusedFile(
        f"{name} is damaged: a part of it is not what its contents list says; copy or export it again.",
        f"{name} 已损坏：内部数据与目录不符；请重新复制或导出。",
    )


def _too_big(name: str, most: int) -> RefusedFile:
    limit = f"{most // 1024**3} GB" if most >= 1024**3 else f"{most // 1024**2} MB"
    return RefusedFile(
        f"{name} unpacks to more than {limit}; export it in parts.",
        f"{name} 解压后超过 {limit}；请分批导出。",
    )


def _locked(name: str) -> RefusedFile:
    return RefusedFile(
        f"{name} is locked with a password; save it without one.",
        f"{name} 有密码保护；请去除密码后另存。",
    )


def _gunzip(data: bytes, name: str, most: int) -> bytes:
    try:
        with gzip.open(io.BytesIO(data)) as stream:
            content = stream.read(most + 1)
    except EOFError as error:
        raise _cut_short(name) from error
    except (OSError, zlib.error) as error:
        raise _damaged(name) from error
    if len(content) > most:
        raise _too_big(name, most)
    return content


def _open_zip(data: bytes, name: str, most: int, depth: int) -> tuple[Kind, bytes]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise _cut_short(name) from error
    names = [name.replace("\\", "/") for name in archive.namelist()]
    if any(n.startswith("xl/") for n in names) or {"mimetype", "content.xml"} <= set(names):
        _measure(archive, name, min(most, MOST_WORKBOOK_BYTES))
        refuse_far_cells(archive, name)
        return "workbook", data
    for part, what in _OTHER_ZIPS.items():
        if any(n.startswith(part) for n in names):
            raise _no_table(name, what)
    _refuse_deeper(depth, name)
    members = [m for m in archive.infolist() if not m.is_dir() and not any(map(is_bystander, _path(m)))]
    if len(members) != 1:
        raise RefusedFile(
            f"{name} holds {len(members)} files; give one table per archive.",
            f"{name} 内有 {len(members)} 个文件；每个压缩包只放一张表。",
        )
    member = members[0]
    if member.flag_bits & 0x1:
        raise _locked(name)
    if member.file_size > most:
        raise _too_big(name, most)
    try:
        content = archive.read(member)
    except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError, ValueError) as error:
        raise _damaged(name) from error
    return unpack(content, name, most=most, depth=depth + 1)


def _path(member: zipfile.ZipInfo) -> list[str]:
    return member.filename.replace("\\", "/").split("/")


def _measure(archive: zipfile.ZipFile, name: str, most: int) -> None:
    """Unpack the parts of a workbook once without keeping them: the sizes its list states may be lies."""
    if sum(member.file_size for member in archive.infolist()) > most:
        raise _too_big(name, most)
    try:
        for member in archive.infolist():
            if member.flag_bits & 0x1:
                raise _locked(name)
            with archive.open(member) as part:
                while part.read(1 << 20):
                    pass
    except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError, ValueError) as error:
        raise _damaged(name) from error


def _old_workbook(data: bytes, name: str) -> bytes:
    """An OLE file, if it is a workbook that can be read: passwords and Word documents look alike from
    outside."""

    def holds(stream: str) -> bool:
        return stream.encode("utf-16-le") + b"\0\0" in data

    if holds("EncryptedPackage") or holds("EncryptionInfo"):
        raise _locked(name)
    if holds("WordDocument"):
        raise _no_table(name, "a Word document")
    if holds("PowerPoint Document"):
        raise _no_table(name, "a presentation")
    if holds("Book") and not holds("Workbook"):
        raise RefusedFile(
            f"{name} is a workbook of Excel 5 or 95, whose Chinese cannot be read for certain; open it in a "
            "spreadsheet program and save it as XLSX.",
            f"{name} 是 Excel 5/95 格式，其中的中文无法可靠读取；请用表格软件打开后另存为 XLSX。",
        )
    begin = data.find(b"\x09\x08\x10\x00")
    # The record FILEPASS follows the beginning of the workbook, or the one that protects it from writing.
    if begin >= 0 and data[begin + 20 : begin + 22] in (b"\x2f\x00", b"\x86\x00"):
        raise _locked(name)
    return data
