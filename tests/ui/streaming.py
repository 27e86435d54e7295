"""What a page sends to a browser, read from the wire: all of it, drawn or not."""

from __future__ import annotations

import ssl

from benchmarks.wire import Tab, sign_in
from closedloop.ui.identity import COOKIE

__all__ = ["forged_cookie", "sent", "sign_in"]


def sent(
    url: str,
    page: str,
    query: str = "",
    cookie: str | None = None,
    script_hash: str = "",
    headers: dict[str, str] | None = None,
    tls: ssl.SSLContext | None = None,
) -> bytes:
    """Every byte that a page opened in a new tab sends."""
    with Tab(url, cookie, headers=headers, tls=tls) as tab:
        return tab.open(page, query, script_hash).received


def forged_cookie() -> str:
    """A cookie that names an identity and has no valid signature."""
    return f"{COOKIE}=eyJ3aG8iOiJsZWFkZXJzaGlwIiwiaWQiOiJ4In0.aAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
