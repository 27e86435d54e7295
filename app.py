"""ASGI entry of the pages: ``streamlit run app.py``.

The frame named below always runs first, whatever address is opened: nothing is served without its sign-in.
"""

import sys

import streamlit as st
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from closedloop.errors import ClosedloopError
from closedloop.settings import PROJECT_ROOT, get_settings
from closedloop.ui.gateway import Gate
from closedloop.ui.headers import SecurityHeaders
from closedloop.ui.identity import require_sign_in
from closedloop.ui.lifespan import page_server_lifespan
from closedloop.ui.provider import ProviderSignIn, secrets_for_streamlit
from closedloop.ui.routes import ROUTES
from closedloop.ui.shell import Shell, require_root
from closedloop.ui.wire import WireGuard

try:
    settings = get_settings()
    require_sign_in(settings)
    require_root()
except ClosedloopError as error:
    print(f"closedloop: {error}", file=sys.stderr, flush=True)
    sys.exit(error.exit_code)

app = st.App(
    PROJECT_ROOT / "closedloop" / "ui" / "frame.py",
    lifespan=page_server_lifespan,
    routes=ROUTES,
    secrets=secrets_for_streamlit(settings),
    middleware=[
        Middleware(SecurityHeaders),
        # Streamlit asks this of websockets only. Without it a page of another site whose name is made to lead
        # here could sign in and download.
        Middleware(TrustedHostMiddleware, allowed_hosts=st.get_option("server.allowedHosts") or ["*"]),
        Middleware(Gate),
        Middleware(Shell),
        Middleware(WireGuard),
        Middleware(ProviderSignIn),
    ],
)
