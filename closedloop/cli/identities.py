"""How commands are told an identity, and who decides about it."""

from __future__ import annotations

from typing import Annotated

import typer

from closedloop import access
from closedloop.access import AccessError
from closedloop.settings import Settings

Subject = Annotated[
    str, typer.Argument(help="The identity, as the sign-in page says it: a provider's subject (sub).")
]
Issuer = Annotated[
    str | None,
    typer.Option(
        "--issuer", help="Who vouches for it: the provider's address, or gateway. Default: as configured."
    ),
]
By = Annotated[str | None, typer.Option("--by", help="Who decides this. Default: the user of this machine.")]


def issuer_of(said: str | None, settings: Settings) -> str:
    """The issuer that was said, or the configured one. Raises AccessError when there is neither."""
    found = said or settings.issuer
    if found is None:
        raise AccessError(
            "say who vouches for the identity: --issuer https://… (the provider's address) or --issuer "
            f"{access.GATEWAY}; or configure the sign-in first"
        )
    return found
