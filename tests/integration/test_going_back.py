"""An upgrade from commit b8cfffd, and the way back that the page for operators shows."""

import re
import subprocess
from pathlib import Path

from tests.support.former import former_rows, put_former_file
from tests.support.http import post_json, send
from tests.support.processes import clean_environment, shopkeeper
from tests.support.shop import PASSWORD
from tests.support.tools import ROOT

SERVED = {"JWT_SECRET_KEY": "0f1e2d3c4b5a69788796a5b4c3d2e1f0"}


def test_the_way_back_leads_to_the_former_file_and_the_upgrade_can_be_done_again(tmp_path: Path) -> None:
    data = put_former_file(tmp_path / "shop.db")
    former = former_rows(data)
    with shopkeeper(data, SERVED) as server:
        assert send(server.url, "GET", "/counter").json["count"] == 8
    back = re.findall(r"```sh\n(mkdir newer.*?)```", (ROOT / "docs" / "operating.md").read_text(), re.DOTALL)
    done = subprocess.run(
        ["bash", "-e", "-c", *back],
        cwd=tmp_path,
        env=clean_environment(PATH=f"{ROOT / '.venv' / 'bin'}:/usr/bin:/bin", **SERVED),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert former_rows(data) == former
    with shopkeeper(data, SERVED) as server:
        signed_in = post_json(server.url, "/api/auth/login", {"email": "ann@example.com", "password": PASSWORD})
        assert signed_in.status == 200
        assert send(server.url, "GET", "/counter").json["count"] == 8, "the visit after the upgrade is lost"
