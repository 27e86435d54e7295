"""Text to UTF-8: UTF-8 with or without a mark, UTF-16 with one (a spreadsheet's "Unicode text"), or GB18030.
Anything else is refused rather than guessed."""

from __future__ import annotations

import codecs

from closedloop.intake.refused import RefusedFile

#: A text really in GB18030 keeps to the everyday characters of GB 2312; a wrong guess scatters over the rest.
EVERYDAY_SHARE = 0.6

#: Bytes decoded together.
_PIECE = 1 << 20

UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def to_utf8(data: bytes, name: str) -> tuple[bytes, str]:
    """The text as UTF-8 bytes without a mark, and the encoding it was in."""
    if data.startswith(UTF_16_MARKS):
        return _from_utf16(data, name), "utf-16"
    if order := is_unmarked_utf16(data):
        return data.decode(f"utf-16-{order}").encode("utf-8"), "utf-16"
    data = data.removeprefix(b"\xef\xbb\xbf")
    broken_at = _not_utf8_at(data)
    if broken_at is None:
        return data, "utf-8"
    if row := _other_encoding(data):
        raise RefusedFile(
            f"{name} line {row:,}: the lines before are in one encoding and this one in another; the file "
            "was put together from several: export it again, or load its parts.",
            f"{name} 第 {row:,} 行：此前各行与本行编码不同，文件由不同编码拼接而成；请重新导出或分开加载。",
        )
    if _is_damaged_utf8(data):
        row = data.count(b"\n", 0, broken_at) + 1
        raise RefusedFile(
            f"{name} line {row:,}: the text is UTF-8 with a broken character; export it again as UTF-8.",
            f"{name} 第 {row:,} 行：UTF-8 文本中有损坏的字符；请以 UTF-8 重新导出。",
        )
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        raise _unknown(name) from None
    if not _is_everyday_chinese(text):
        raise _unknown(name)
    return text.encode("utf-8"), "gb18030"


def _not_utf8_at(data: bytes) -> int | None:
    """Where the bytes stop to be UTF-8; None if they all are. Piece by piece: the whole as a text would be
    twice as large as the file."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    for at in range(0, len(data), _PIECE):
        pending = len(decoder.getstate()[0])
        try:
            decoder.decode(data[at : at + _PIECE], final=at + _PIECE >= len(data))
        except UnicodeDecodeError as error:
            return at - pending + error.start
    return None


def is_unmarked_utf16(data: bytes) -> str:
    """``le`` or ``be`` for UTF-16 text that lacks its mark, else an empty text.

    Separators, digits and line ends have a NUL on one side, always the same, and the whole must decode to
    everyday Chinese.
    """
    if b"\0" not in data[:4096] or len(data) % 2:
        return ""
    top = data[:4096]
    even, odd = top[0::2].count(0), top[1::2].count(0)
    if min(even, odd) or max(even, odd) * 10 < len(top) // 2:
        return ""
    order = "le" if odd else "be"
    try:
        text = data.decode(f"utf-16-{order}")
        text.encode("utf-8")
    except (UnicodeDecodeError, UnicodeEncodeError):
        return ""
    return order if "\0" not in text and "\n" in text and _is_everyday_chinese(text) else ""


def _from_utf16(data: bytes, name: str) -> bytes:
    try:
        return data.decode("utf-16").encode("utf-8")
    except (UnicodeDecodeError, UnicodeEncodeError):
        raise RefusedFile(
            f"{name} is UTF-16 text that is cut short or damaged; save it as CSV UTF-8.",
            f"{name} 是不完整或损坏的 UTF-16 文本；请另存为 CSV UTF-8。",
        ) from None


def _other_encoding(data: bytes) -> int | None:
    """Number of the first line in another encoding than those before it: some lines are Chinese in UTF-8,
    others Chinese in GB18030. None if that is not what is wrong."""
    kinds: dict[str, int] = {}
    for number, line in enumerate(data.split(b"\n"), start=1):
        if line.isascii():
            continue
        kind = _encoding_of(line)
        if kind is None:
            return None
        kinds.setdefault(kind, number)
    return max(kinds.values()) if {"utf-8", "gb18030"} <= kinds.keys() else None


def _encoding_of(line: bytes) -> str | None:
    """utf-8, gb18030, or ``either`` for a line too short to tell; None for neither."""
    try:
        # A few bytes of GB18030 may happen to be UTF-8; a dozen never are.
        return "utf-8" if len(line.decode("utf-8").encode("ascii", "ignore")) <= len(line) - 12 else "either"
    except UnicodeDecodeError:
        pass
    try:
        return "gb18030" if _is_everyday_chinese(line.decode("gb18030")) else None
    except UnicodeDecodeError:
        return None


def _unknown(name: str) -> RefusedFile:
    return RefusedFile(
        f"{name} is neither UTF-8 nor GB18030 text; save it as CSV UTF-8.",
        f"{name} 的编码既不是 UTF-8 也不是 GB18030；请另存为 CSV UTF-8。",
    )


def _is_damaged_utf8(data: bytes) -> bool:
    """Whether most characters beyond ASCII are whole UTF-8, so that only a few bytes are broken."""
    text = data.decode("utf-8", errors="replace")
    broken = text.count("\ufffd")
    whole = len(text) - len(text.encode("ascii", errors="ignore")) - broken
    return whole > 2 * broken


def _is_everyday_chinese(text: str) -> bool:
    sample = [c for c in text[:400_000] if ord(c) > 0x7F][:20_000]
    everyday = len("".join(sample).encode("gb2312", errors="ignore").decode("gb2312"))
    return everyday >= EVERYDAY_SHARE * len(sample)
