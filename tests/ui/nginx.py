"""Debian's nginx with the configuration we ship, in a folder of its own."""

from __future__ import annotations

import datetime as dt
import shutil
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.ui.conftest import free_port

NGINX = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")


def certificate(folder: Path) -> None:
    """``cert.pem`` for localhost, signed by itself, and ``key.pem``."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (folder / "key.pem").write_bytes(key.private_bytes(pem, pkcs8, plain))
    (folder / "cert.pem").write_bytes(made.public_bytes(pem))


def trusting(folder: Path, *, threads: bool = False) -> ssl.SSLContext:
    """What a client of ``certificate``'s server needs to believe it; ``threads`` for a websocket's client.

    That client reads in a thread of its own while it sends its request. TLS 1.3 sends session tickets just
    then, Python 3.11 lets both into one OpenSSL connection at a time, and the request may never leave: nginx
    waits for it for ``client_header_timeout`` and closes. TLS 1.2 has sent its ticket before.
    """
    context = ssl.create_default_context(cafile=folder / "cert.pem")
    context.check_hostname = False
    if threads:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


def on_this_machine(text: str, folder: Path, port: int, more: dict[str, str]) -> Path:
    """The shipped text with this machine's ports and paths, and ``more``: nothing else is changed."""
    changes = {
        "listen 80;": f"listen 127.0.0.1:{free_port()};",
        "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        "/etc/ssl/closedloop.pem": str(folder / "cert.pem"),
        "/etc/ssl/closedloop.key": str(folder / "key.pem"),
        "closedloop.example": "localhost",
        "proxy_set_header Host $host;": f"proxy_set_header Host localhost:{port};",
        **more,
    }
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    return _standalone(text, folder)


def _standalone(text: str, folder: Path) -> Path:
    """A configuration that keeps everything in ``folder``; ``text`` is what goes into its http block."""
    file = folder / "nginx.conf"
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    file.write_text(
        f"daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log {folder}/error.log;\n"
        f"events {{ worker_connections 2048; }}\nhttp {{\naccess_log off;\n{temporary}{text}\n}}\n"
    )
    return file
