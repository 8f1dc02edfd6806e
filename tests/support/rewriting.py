"""What the functions of CloudFront make of requests, run by Node.js."""

import json
import subprocess

import msgspec

from tests.support.tools import ROOT, need

INFRASTRUCTURE = ROOT / "infrastructure"
IMPORT = "import cf from 'cloudfront';\n"
"""What CloudFront gives a function that chooses among origins; it must be its first line."""

ORIGINS = "const chosen = []; const cf = { selectRequestOriginById: (id) => chosen.push(id) };"


class Viewed(msgspec.Struct, frozen=True):
    """A request as the function `viewer.js` leaves it: its headers, and the origins that it chose instead."""

    headers: dict[str, dict[str, str]]
    chosen: list[str]


def rewritten(*addresses: str) -> list[str]:
    """Return what CloudFront would ask the bucket for."""
    code = (INFRASTRUCTURE / "rewrite.js").read_text()
    told = "JSON.stringify(JSON.parse(process.argv[1]).map((uri) => handler({ request: { uri } }).uri))"
    return msgspec.json.decode(_run(f"{code}\nconsole.log({told})", list(addresses)), type=list[str])


def viewed(method: str, address: str, headers: dict[str, str]) -> Viewed:
    """Return what becomes of a request of a viewer for a path of the function with a URL."""
    code = (INFRASTRUCTURE / "viewer.js").read_text()
    assert code.startswith(IMPORT)
    event = {
        "viewer": {"ip": address},
        "request": {
            "method": method,
            "uri": "/counter",
            "headers": {name.lower(): {"value": value} for name, value in headers.items()},
        },
    }
    told = "JSON.stringify({ headers: handler(JSON.parse(process.argv[1])).headers, chosen })"
    return msgspec.json.decode(_run(f"{ORIGINS}\n{code[len(IMPORT) :]}\nconsole.log({told})", event), type=Viewed)


def _run(script: str, given: object) -> bytes:
    command = [need("node"), "-e", script, json.dumps(given)]
    return subprocess.run(command, capture_output=True, timeout=60, check=True).stdout
