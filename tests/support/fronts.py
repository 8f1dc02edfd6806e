"""The proxies of `deploy/` on loopback, as an operator sets them up, on ports and with certificates of the tests."""

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trustme

from tests.support.nginx import running_nginx
from tests.support.processes import STARTS_WITHIN_SECONDS, free_port, running
from tests.support.tools import ROOT, need

DEPLOY = ROOT / "deploy"
GLOBAL = """{{
	admin off
	local_certs
	skip_install_trust
	http_port {plain}
	https_port {port}
	storage file_system {folder}/caddy
}}
"""


class Front:
    """A proxy with TLS before a server."""

    def __init__(self, port: int, plain: int) -> None:
        self.port = port
        self.plain = plain
        self.url = f"https://localhost:{port}"


def replaced(text: str, *pairs: tuple[str, object]) -> str:
    """Return a text with parts of it replaced, each of which must be there."""
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, str(new))
    return text


@contextmanager
def nginx_front(behind: int, folder: Path) -> Iterator[Front]:
    """Run nginx with `deploy/nginx.conf` in front of a port."""
    front = Front(free_port(), free_port())
    certificate = trustme.CA().issue_cert("localhost")
    certificate.private_key_pem.write_to_path(str(folder / "key.pem"))
    certificate.cert_chain_pems[0].write_to_path(str(folder / "chain.pem"))
    site = replaced(
        (DEPLOY / "nginx.conf").read_text(),
        ("127.0.0.1:8000", f"127.0.0.1:{behind}"),
        ("listen 80", f"listen 127.0.0.1:{front.plain}"),
        ("listen 443", f"listen 127.0.0.1:{front.port}"),
        ("/etc/ssl/shop.example/fullchain.pem", folder / "chain.pem"),
        ("/etc/ssl/shop.example/privkey.pem", folder / "key.pem"),
        ("server_name shop.example", "server_name localhost"),
    )
    with running_nginx(site, front.port, folder):
        yield front


@contextmanager
def caddy_front(behind: int, folder: Path) -> Iterator[Front]:
    """Run Caddy with `deploy/Caddyfile` in front of a port, with a certificate of its own authority."""
    program, front = need("caddy"), Front(free_port(), free_port())
    site = replaced(
        (DEPLOY / "Caddyfile").read_text(),
        ("127.0.0.1:8000", f"127.0.0.1:{behind}"),
        ("shop.example {", "localhost {"),
    )
    configuration = folder / "Caddyfile"
    configuration.write_text(GLOBAL.format(plain=front.plain, port=front.port, folder=folder) + site)
    environment = ["env", f"HOME={folder}", f"XDG_CONFIG_HOME={folder}", f"XDG_DATA_HOME={folder}"]
    command = [*environment, program, "run", "--adapter", "caddyfile", "--config", str(configuration)]
    with running(command, front.port, folder / "caddy.log"):
        _await_certificate(front.port)  # Caddy listens before its authority has issued one
        yield front


def _await_certificate(port: int) -> None:
    trusting = ssl._create_unverified_context()
    ends = time.monotonic() + STARTS_WITHIN_SECONDS
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
                trusting.wrap_socket(plain, server_hostname="localhost").close()
            return
        except OSError:  # which an SSLError is, too
            if time.monotonic() >= ends:
                raise
            time.sleep(0.05)
