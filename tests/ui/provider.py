"""An OpenID Connect provider as a process of its own: ``python -m tests.ui.provider PORT``.

It signs in whoever says a name, and errs on request: the authorization form asks which kind of token to issue
(:data:`KINDS`). Codes are used once, PKCE and the client's secret are verified, tokens are signed with RS256.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import sys
import time
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET = "closedloop-pages", "a secret of the tests"

#: Claims that a kind of token gets instead of the right ones.
KINDS = {
    "good": {},
    "other_audience": {"aud": "somebody-else"},
    # For somebody else, though we asked for it.
    "other_audience_ours_by_azp": {"aud": "somebody-else", "azp": CLIENT_ID},
    "other_issuer": {"iss": "https://elsewhere.example"},
    "expired": {"iat": int(time.time()) - 7200, "exp": int(time.time()) - 3600},
    "other_nonce": {"nonce": "not-what-was-asked"},
    "nobody": {"sub": ""},
    "other_key": {},
}

KEY, OTHER_KEY = RSAKey.generate_key(2048), RSAKey.generate_key(2048)
CODES: dict[str, dict[str, str]] = {}


class Handler(BaseHTTPRequestHandler):
    @property
    def issuer(self) -> str:
        return f"http://localhost:{self.server.server_port}"

    def do_GET(self) -> None:
        path = urlsplit(self.path)
        asked = {name: values[-1] for name, values in parse_qs(path.query).items()}
        if path.path == "/.well-known/openid-configuration":
            self._json(
                {
                    "issuer": self.issuer,
                    "authorization_endpoint": f"{self.issuer}/authorize",
                    "token_endpoint": f"{self.issuer}/token",
                    "jwks_uri": f"{self.issuer}/jwks",
                    "response_types_supported": ["code"],
                    "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["RS256"],
                    "code_challenge_methods_supported": ["S256"],
                }
            )
        elif path.path == "/jwks":
            self._json({"keys": [KEY.as_dict(private=False, kid="one", use="sig")]})
        elif path.path == "/authorize" and "sub" in asked:
            code = secrets.token_urlsafe(16)
            CODES[code] = asked
            query = urlencode({"code": code, "state": asked["state"]})
            self._redirect(f"{asked['redirect_uri']}?{query}")
        elif path.path == "/authorize":
            hidden = "".join(
                f"<input type=hidden name='{escape(name)}' value='{escape(value)}'>"
                for name, value in asked.items()
            )
            options = "".join(f"<option>{kind}</option>" for kind in KINDS)
            self._answer(
                "text/html",
                f"<form>{hidden}<input name=sub><select name=kind>{options}</select>"
                "<button>go</button></form>",
            )
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        asked = {name: values[-1] for name, values in parse_qs(body).items()}
        given = CODES.pop(asked.get("code", ""), None)
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        by_body = (asked.get("client_id"), asked.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)
        if given is None or not (by_body or self.headers["authorization"] == f"Basic {basic}"):
            self._json({"error": "invalid_grant"}, 400)
            return
        digest = hashlib.sha256(asked["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if challenge != given["code_challenge"]:
            self._json({"error": "invalid_grant"}, 400)
            return
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "sub": given["sub"],
            "name": f"Name of {given['sub']}",
            "iat": now,
            "exp": now + 300,
            "nonce": given["nonce"],
            **KINDS[given["kind"]],
        }
        key = OTHER_KEY if given["kind"] == "other_key" else KEY
        token = jwt.encode({"alg": "RS256", "kid": "one"}, claims, key)
        self._json(
            {
                "access_token": secrets.token_urlsafe(8),
                "token_type": "Bearer",
                "id_token": token,
                "expires_in": 9,
            }
        )

    def _json(self, content: object, status: int = 200) -> None:
        self._answer("application/json", json.dumps(content), status)

    def _answer(self, kind: str, content: str, status: int = 200) -> None:
        data = content.encode()
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _redirect(self, to: str) -> None:
        self.send_response(302)
        self.send_header("location", to)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("localhost", int(sys.argv[1])), Handler).serve_forever()
