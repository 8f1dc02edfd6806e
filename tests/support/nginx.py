"""A real nginx on loopback, in front of a server, as an operator sets one up."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.processes import free_port, running
from tests.support.tools import need

AROUND = """
daemon off;
user {user};
worker_processes 1;
pid {folder}/nginx.pid;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    types {{ text/html html; }}
{site}
}}
"""
PLAIN = """
    upstream shop {{
        server 127.0.0.1:{behind};
        keepalive 16;
    }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://shop;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        }}
    }}
"""


@contextmanager
def nginx(behind: int, folder: Path) -> Iterator[int]:
    """Run nginx in front of a port of loopback, and give its own port. It appends each client to X-Forwarded-For."""
    port = free_port()
    with running_nginx(PLAIN.format(behind=behind, port=port), port, folder):
        yield port


@contextmanager
def running_nginx(site: str, port: int, folder: Path) -> Iterator[None]:
    """Run nginx with what a site says, which listens on a port."""
    program = need_nginx()
    # Without it, nginx's worker would be a user who may not write into the folder.
    user = "root" if os.geteuid() == 0 else "nobody"
    configuration = folder / "nginx.conf"
    configuration.write_text(AROUND.format(user=user, folder=folder, site=site))
    with running([program, "-e", "stderr", "-p", str(folder), "-c", str(configuration)], port, folder / "nginx.log"):
        yield


def need_nginx() -> str:
    """Return the path of nginx, which Debian keeps where only root looks, or skip the test; in CI fail it."""
    kept = Path("/usr/sbin/nginx")
    return need(kept if kept.exists() else "nginx")
