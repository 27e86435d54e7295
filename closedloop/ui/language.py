"""The interface in two languages: message catalogues, dates, durations.

Message ids are the English sentences; ``locales/zh/LC_MESSAGES/closedloop.po`` holds the Chinese. The
catalogue is read straight from the ``.po`` file, so there is no compile step to forget. Nothing is installed
globally: every session carries its own :class:`Texts`.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALES = Path(__file__).parent / "locales"
LANGUAGES = {"zh": "中文", "en": "English"}


#: The cookie in which a browser keeps the language that was last chosen in it.
LANGUAGE_COOKIE = "closedloop_language"


def language_of(browser_locale: str | None, remembered: str | None = None) -> str:
    """The language where the address names none: the one last chosen in this browser; without a choice
    Chinese for any ``zh*``, English for all others.
    """
    if remembered in LANGUAGES:
        return str(remembered)
    return "zh" if (browser_locale or "").lower().startswith("zh") else "en"


@lru_cache(maxsize=len(LANGUAGES))
def _catalogue(language: str) -> NullTranslations:
    path = LOCALES / language / "LC_MESSAGES" / "closedloop.po"
    if not path.exists():
        return NullTranslations()
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


@dataclass(frozen=True)
class Texts:
    """Everything a page says, in one language and one time zone."""

    language: str
    zone: ZoneInfo

    def t(self, message: str, **values: object) -> str:
        """The message in this language; ``{name}`` places are filled from ``values``."""
        text = _catalogue(self.language).gettext(message)
        return text.format(**values) if values else text

    def n(self, singular: str, plural: str, count: float, **values: object) -> str:
        """The message for ``count`` things; ``{count}`` is filled with it."""
        text = _catalogue(self.language).ngettext(singular, plural, 1 if count == 1 else 2)
        return text.format(count=f"{count:,}", **values)

    def pick(self, zh: object, en: object) -> str:
        """The name in this language, else the other one: reference rows may lack an English name."""
        first, second = (zh, en) if self.language == "zh" else (en, zh)
        return str(first or second or "")

    def moment(self, at: datetime | None) -> str:
        """Local date and time to the minute, ``2025-04-25 08:00``; a dash when there is none."""
        return at.astimezone(self.zone).strftime("%Y-%m-%d %H:%M") if at is not None else "—"

    def day(self, on: date | None) -> str:
        """``2025-04-25``; a dash when there is none."""
        return on.isoformat() if on is not None else "—"

    def number(self, value: float | None, decimals: int = 0) -> str:
        """Grouped digits; a dash when there is no value. Never a zero for something unknown."""
        return "—" if value is None or value != value else f"{value:,.{decimals}f}"

    def duration(self, span: timedelta | None) -> str:
        """The two largest units that matter: days and hours, hours and minutes, or minutes."""
        if span is None or span != span:
            return "—"
        minutes = int(abs(span.total_seconds()) // 60)
        days, rest = divmod(minutes, 1440)
        hours, minutes = divmod(rest, 60)
        if days >= 10 or (days and not hours):
            return self.t("{days} d", days=days)
        if days:
            return self.t("{days} d {hours} h", days=days, hours=hours)
        if hours and minutes:
            return self.t("{hours} h {minutes} min", hours=hours, minutes=minutes)
        return self.t("{hours} h", hours=hours) if hours else self.t("{minutes} min", minutes=minutes)


@lru_cache(maxsize=8)
def texts_for(language: str, zone: ZoneInfo) -> Texts:
    """The texts of a language; an unknown one reads as English."""
    return Texts(language if language in LANGUAGES else "en", zone)
