"""When a worker may end: once no request is at work."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from shopkeeper.runtime.machine.stopping import AtWork


def test_the_end_waits_for_the_requests_that_are_at_work() -> None:
    work = AtWork()
    leaving = threading.Thread(target=work.wait, daemon=True)
    with work:
        with work:
            leaving.start()
            leaving.join(0.05)
            assert leaving.is_alive()
        leaving.join(0.05)
        assert leaving.is_alive()
    leaving.join(10)
    assert not leaving.is_alive()


def test_a_request_that_fails_is_not_at_work_any_more() -> None:
    work = AtWork()
    with pytest.raises(ZeroDivisionError), work:
        raise ZeroDivisionError
    work.wait()


LOOP = """
import asyncio, os, signal, sys
from shopkeeper.runtime.machine.stopping import AtWork, end_when_told

async def main():
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, lambda: os.write(1, b"the loop was told\\n"))
    stop, close = (lambda: os.write(1, b"stopped\\n")), (lambda: os.write(1, b"closed\\n"))
    end_when_told(AtWork(), stop, close)
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.sleep(60)

asyncio.run(main())
"""


def test_an_event_loop_is_still_told_of_signals() -> None:
    done = subprocess.run([sys.executable, "-c", LOOP], capture_output=True, text=True, timeout=60, check=True)
    assert sorted(done.stdout.splitlines()) == ["closed", "stopped", "the loop was told"]
    assert done.stdout.endswith("closed\n")


def test_without_a_loop_a_process_ends_when_it_is_told() -> None:
    script = (
        "import signal, time\nfrom shopkeeper.runtime.machine.stopping import AtWork, end_when_told\n"
        "signal.signal(signal.SIGTERM, lambda *_: None)\n"
        "end_when_told(AtWork(), lambda: None, lambda: print('closed', flush=True))\n"
        "print('ready', flush=True)\nwhile True: time.sleep(1)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    os.kill(process.pid, signal.SIGTERM)
    assert process.communicate(timeout=60)[0] == "closed\n"
    assert process.returncode == 0
