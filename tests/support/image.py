"""The image of `deploy/Dockerfile` without Docker: its instructions, run in file systems that are laid over this one.

In place of a base image each stage begins with this machine's own files. Nothing that it does reaches them: what it
writes is in memory, and its mounts and its network end with the process. Only root may do that. The libraries are those
of the tests' environment, where Docker downloads those of the lock.
"""

import json
import re
import subprocess
import sys
import sysconfig
from pathlib import Path
from shlex import join, quote

from tests.support.fronts import DEPLOY
from tests.support.tools import ROOT

Instruction = tuple[str, str]

DOWNLOAD = "/opt/shopkeeper/bin/python -m pip install --no-cache-dir --require-hashes --requirement server.txt"
LINK = f"echo /libraries > /opt/shopkeeper/lib/python3.{sys.version_info.minor}/site-packages/tests.pth"
BASE = {"PATH": f"{sys.base_prefix}/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
MOUNTED = {path: path for path in ("/dev", "/proc", sys.base_prefix)} | {sysconfig.get_path("purelib"): "/libraries"}

FUNCTIONS = """
begin() {  # STAGE
    mkdir -p $1/upper $1/work $1/files
    mount -t overlay overlay -o lowerdir=/,upperdir=$1/upper,workdir=$1/work $1/files
}
show() {  # FOLDER PLACE: where every user can get to it
    mkdir -p $2
    mount --rbind $1 $2
    while set -- $1 $(dirname $2) && [ $(basename $2) != files ]; do chmod a+x $2; done
}
copy() {  # FROM TO: what a folder holds, or a file
    if [ -d $1 ]; then mkdir -p $2 && cp -a $1/. $2; else cp -a $1 $2; fi
}
"""

USE = """
mount --bind image/files/data image/files/data
mount -t tmpfs tmpfs image/files/tmp
mount -o remount,bind,ro image/files
{server} > log 2>&1 &
server=$!
until {health} 2> last; do kill -0 $server || {{ cat log last >&2; exit 1; }}; sleep 0.2; done
{backup}
{look}
kill -TERM $server
wait $server
if {health} 2> last; then exit 1; fi
"""
"""What deploy/README.md does with the image: a read-only file system, a health check, a backup, an end by SIGTERM."""

LOOK = 'id -u; stat -c "%u %a %n" /data /data/shop.db; touch /opt/shopkeeper/x 2> /dev/null || echo read-only'


def instructions() -> list[Instruction]:
    """Return the instructions of the Dockerfile (Dockerfile reference, "Format")."""
    text = re.sub(r"^#.*\n", "", (DEPLOY / "Dockerfile").read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    found = [(name, rest) for name, _, rest in (line.partition(" ") for line in lines)]
    assert all(re.fullmatch("[A-Z]+", name) for name, _ in found)
    return found


def last(name: str) -> str:
    """Return the last instruction of a kind, which is the final image's."""
    return [rest for kind, rest in instructions() if kind == name][-1]


def isolated(script: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run a shell script in memory that is mounted on a folder, with mounts and a network of its own."""
    begin = f"mount -t tmpfs tmpfs {quote(str(folder))}; cd {quote(str(folder))}; ip link set lo up\n"
    command = ["unshare", "--mount", "--net", "sh", "-euc", begin + script]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def build_and_use() -> str:
    """Return the shell script that builds the image and uses it."""
    server, health = json.loads(last("ENTRYPOINT")) + json.loads(last("CMD")), last("HEALTHCHECK").partition(" CMD ")[2]
    commands = {
        "server": _as_user(server),
        "health": _as_user(json.loads(health)),
        "backup": _as_user(["shopkeeper", "backup", "/data/monday.backup"]),
        "look": _as_user(["sh", "-c", LOOK]),
    }
    return FUNCTIONS + "\n".join(_build()) + USE.format(**commands)


def _build() -> list[str]:
    lines: list[str] = []
    stage = place = ""
    variables = BASE
    for name, rest in instructions():
        match name:
            case "FROM":
                stage, place, variables = rest.partition(" AS ")[2] or "image", "/", BASE
                lines += [f"begin {stage}", *(f"show {one} {stage}/files{to}" for one, to in MOUNTED.items())]
            case "WORKDIR":
                place = rest
                lines.append(f"mkdir -p {stage}/files{place}")
            case "ENV":
                variables = _with(variables, rest)
            case "COPY":
                *sources, target = rest.split()
                origin = str(ROOT)
                if sources[0].startswith("--from="):
                    origin = f"{sources.pop(0).removeprefix('--from=')}/files"
                to = f"{stage}/files" + (target if target.startswith("/") else f"{place}/{target}")
                lines += [f"copy {origin}/{source} {to}" for source in sources]
            case "RUN":
                command = rest.replace(DOWNLOAD, LINK)
                assert (command != rest) == ("--require-hashes" in rest)
                lines.append(f"chroot {stage}/files {_env(variables, place)} sh -ec {quote(command)}")
            case _:
                assert name in {"USER", "VOLUME", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT", "CMD"}
    return lines


def _with(variables: dict[str, str], given: str) -> dict[str, str]:
    """Return variables with those of an ENV."""
    pairs = dict(pair.split("=", 1) for pair in given.split())
    return variables | {name: text.replace("$PATH", variables["PATH"]) for name, text in pairs.items()}


def _env(variables: dict[str, str], place: str) -> str:
    return join(["env", "--ignore-environment", f"--chdir={place}", *(f"{k}={v}" for k, v in variables.items())])


def _as_user(command: list[str]) -> str:
    """Return a command in the image, as Docker runs it with no capability and no new privileges."""
    user = last("USER")
    drop = "--clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all"
    groups = f'--reuid={user} --regid="$(chroot image/files id -g {user})"'
    return (
        f"chroot image/files setpriv {groups} {drop} {_env(_with(BASE, last('ENV')), last('WORKDIR'))} {join(command)}"
    )
