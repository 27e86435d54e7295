"""Text to UTF-8: UTF-8 with or without a mark, or GB18030. Anything else is refused rather than guessed."""

from __future__ import annotations

from closedloop.intake.refused import RefusedFile

#: A text really in GB18030 keeps to the everyday characters of GB 2312; a wrong guess scatters over the rest.
EVERYDAY_SHARE = 0.6


def to_utf8(data: bytes, name: str) -> tuple[bytes, str]:
    """The text as UTF-8 bytes without a mark, and the encoding it was in."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        data.decode("utf-8")
        return data, "utf-8"
    except UnicodeDecodeError as error:
        broken_at = error.start
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
