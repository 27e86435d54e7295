"""Here what takes ``server`` or ``warehouse`` runs twice: on the embedded server, on Debian's 15."""

from __future__ import annotations

import pytest

from tests.servers import Server


@pytest.fixture(scope="session", params=["embedded", pytest.param("debian", marks=pytest.mark.pg15)])
def server(request: pytest.FixtureRequest) -> Server:
    return request.getfixturevalue(f"{request.param}_server")
