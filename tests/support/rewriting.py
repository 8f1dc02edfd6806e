"""What the function of CloudFront makes of the addresses of the pages."""

import json
import subprocess

from tests.support.tools import ROOT, need

REWRITE = ROOT / "infrastructure" / "rewrite.js"


def rewritten(*addresses: str) -> list[str]:
    """Return what CloudFront would ask the bucket for."""
    script = (
        f"{REWRITE.read_text()}\n"
        "console.log(JSON.stringify(JSON.parse(process.argv[1]).map((uri) => handler({ request: { uri } }).uri)))"
    )
    command = [need("node"), "-e", script, json.dumps(addresses)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    found: list[str] = json.loads(done.stdout)
    return found
