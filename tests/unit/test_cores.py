"""A server's threads share a core; what runs beside Python takes any. Each in a process of its own."""

import json
import subprocess
import sys

import pytest

from tests.support.processes import clean_environment

SCRIPT = """
import json, os, threading
from shopkeeper import cores

def seen():
    return sorted(os.sched_getaffinity(0))

def in_a_thread(work):
    found = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    thread.join()
    return found[0]

def hashing():
    with cores.any_core():
        inside = seen()
    return inside, seen()

before = seen()
untouched = hashing()
cores.pin_to_core()
cores.pin_to_core()
print(json.dumps([before, untouched, seen(), in_a_thread(seen), in_a_thread(hashing)]))
"""


pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="no other system lets a process choose its core")


def run(script: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", script], env=clean_environment(), capture_output=True, text=True, timeout=60, check=False
    )


def test_threads_share_one_core_but_for_a_while() -> None:
    done = run(SCRIPT)
    assert done.returncode == 0, done.stderr
    before, untouched, after, in_thread, (inside, outside) = json.loads(done.stdout)
    assert untouched == [before, before]
    assert len(after) == 1
    assert after[0] in before
    assert in_thread == after
    assert (inside, outside) == (before, after)


REFUSED = """
import os
from shopkeeper import cores

def refuse(process, wanted):
    raise PermissionError(1, "Operation not permitted")

os.sched_setaffinity = refuse
cores.pin_to_core()
with cores.any_core():
    print("served")
"""

TAKEN_AWAY = """
import os
from shopkeeper import cores

cores.pin_to_core()
cores._shared = {10_000}
with cores.any_core():
    print("served")
"""


@pytest.mark.parametrize("script", [REFUSED, TAKEN_AWAY], ids=["a sandbox forbids it", "the core was taken away"])
def test_without_a_core_of_its_own_it_serves_all_the_same(script: str) -> None:
    done = run(script)
    assert (done.stdout, done.stderr) == ("served\n", "")
