"""A disk without room: answers say so, what was answered before is kept, and with room everything works again."""

import errno
import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tests.support.http import send
from tests.support.metrics import scrape
from tests.support.processes import SHOPKEEPER, Shopkeeper, free_port, shopkeeper
from tests.support.shop import Owner, order_for, place

MOUNT = 'mount -t tmpfs -o size=6m tmpfs "$1" && shift && exec "$@"'
MOST_ORDERS = 500
Room = Callable[[], None]


class Disk:
    """A server whose disk can be filled."""

    def __init__(self, server: Shopkeeper, fill: Room, free: Room) -> None:
        self.server = server
        self.fill = fill
        self.free = free


def confined(folder: Path) -> tuple[str, ...]:
    """Return the command of a program that has a small disk of its own at a folder."""
    return ("unshare", "--mount", "sh", "-c", MOUNT, "sh", str(folder))


@contextmanager
def small_disk(folder: Path, variables: dict[str, str]) -> Iterator[Disk]:
    """Run a server on a file system of 6 MB, which the test reaches through the process."""
    with shopkeeper(folder / "shop.db", variables, (*confined(folder), *SHOPKEEPER)) as server:
        filler = Path(f"/proc/{server.process.pid}/root{folder}/filler")

        def fill() -> None:
            full = pytest.raises(OSError, match=os.strerror(errno.ENOSPC))
            with filler.open("wb", buffering=0) as file, full:
                while True:
                    file.write(bytes(4096))

        yield Disk(server, fill, filler.unlink)


@contextmanager
def short_files(folder: Path, variables: dict[str, str]) -> Iterator[Disk]:
    """Run a server whose files may not grow for a while."""
    with shopkeeper(folder / "shop.db", variables) as server:
        no_limit = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)

        def fill() -> None:
            size = (folder / "shop.db-wal").stat().st_size
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size, no_limit[1]))

        def free() -> None:
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, no_limit)

        yield Disk(server, fill, free)


def can_mount() -> bool:
    """Tell whether this user may mount a file system for one process."""
    return os.geteuid() == 0 and subprocess.run(["unshare", "--mount", "true"], check=False).returncode == 0


KINDS = [short_files, *([small_disk] if can_mount() else [])]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.__name__))
def test_a_full_disk_loses_nothing_and_room_ends_it(
    kind: Callable[[Path, dict[str, str]], AbstractContextManager[Disk]], tmp_path: Path
) -> None:
    port = free_port()
    folder = tmp_path / "data"
    folder.mkdir()
    with kind(folder, {"METRICS_PORT": str(port)}) as disk:
        url = disk.server.url
        owner = Owner(url)
        item = owner.add()
        answered = [place(owner, order_for(item)).json["order_id"] for _ in range(3)]
        visits = [send(url, "GET", "/counter").json["count"] for _ in range(3)][-1]
        disk.fill()
        for _ in range(MOST_ORDERS):
            answer = place(owner, order_for(item))
            if answer.status != 201:
                break
            answered.append(answer.json["order_id"])
        assert answer.status == 503
        assert answer.json["code"] == "service_unavailable"
        assert send(url, "GET", "/counter").status in (200, 500)
        assert owner.ask("GET", f"/api/items/{item['item_id']}").status == 200, "what needs no room is answered"
        assert scrape(port)["shopkeeper_commits_failed_total"] > 0
        disk.free()
        answer = place(owner, order_for(item))
        assert answer.status == 201, answer
        answered.append(answer.json["order_id"])
        assert send(url, "GET", "/counter").json["count"] in (visits + 1, visits + 2)
        events = owner.events()
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
        assert [event["subject"] for event in events if event["type"] == "order.received"] == answered
        disk.server.stop()
        assert disk.server.process.wait() == 0
