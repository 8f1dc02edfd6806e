"""A sample endpoint and a sample job, added to a copy of the sources in the files that CONTRIBUTING names."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support.tools import ROOT

VISITS = "src/shopkeeper/domains/visits"
FUNCTION = "src/shopkeeper/functions/visits.py"

Addition = dict[str, tuple[tuple[str, str], ...]]
"""The files that somebody edits: each text, and what stands there after the edit. A new file has no text before."""

ENDPOINT: Addition = {
    f"{VISITS}/model.py": (
        (
            "class UnknownCounter(",
            (
                "class CountedDays(msgspec.Struct, frozen=True):\n"
                '    """The visits of the last days."""\n\n'
                "    days: dict[str, int]\n\n\n"
                "class DaysParameters(msgspec.Struct, frozen=True):\n"
                '    """Which counter."""\n\n'
                "    counter_id: CounterId\n\n\n"
                "class UnknownCounter("
            ),
        ),
    ),
    f"{VISITS}/service.py": (
        (
            "    def read(self,",
            (
                "    def days(self, counter_id: str) -> dict[str, int]:\n"
                '        """Return the visits of the last days, by day. Raises StoreError."""\n'
                '        record = self._store.get(VISITOR_COUNTER, {"counter_id": counter_id}) or {}\n'
                "        counts = {name.removeprefix(DAY): n for name, n in record.items() if name.startswith(DAY)}\n"
                "        return {day: count for day, count in counts.items() if isinstance(count, int)}\n\n"
                "    def read(self,"
            ),
        ),
    ),
    f"{VISITS}/endpoints.py": (
        ("    CountedVisit,\n", "    CountedDays,\n    CountedVisit,\n    DaysParameters,\n"),
        (
            '@endpoint("GET /health",',
            (
                '@endpoint("GET /counter/{counter_id}/days")\n'
                "def count_days(counter: VisitCounter, call: Call[DaysParameters, Nothing]) -> Reply[CountedDays]:\n"
                '    """Return the visits of a page. They are counted day by day."""\n'
                "    return Reply(CountedDays(counter.days(call.parameters.counter_id)))\n\n\n"
                '@endpoint("GET /health",'
            ),
        ),
        ("    check_counter,\n)", "    check_counter,\n    count_days,\n)"),
    ),
    f"{VISITS}/vocabulary.py": (
        ('    "count":', '    "days": Term("The visits of each day", {"2026-11-21": 42}),\n    "count":'),
    ),
    "docs/reference.md": (
        (
            "| `GET /health` |",
            "| `GET /counter/{counter_id}/days` | `visits` | a page's last days |\n| `GET /health` |",
        ),
    ),
}

JOB: Addition = {
    f"{VISITS}/report.py": (
        (
            "",
            (
                '"""The daily report."""\n\n'
                "from shopkeeper.domains.visits.service import VisitCounter\n\n\n"
                "class Report:\n"
                '    """Tells the operator how often the site was visited."""\n\n'
                "    def __init__(self, counter: VisitCounter) -> None:\n"
                "        self._counter = counter\n\n"
                "    def run(self) -> dict[str, int]:\n"
                '        """Return the count as a metric. Raises StoreError."""\n'
                '        return {"SiteVisits": self._counter.read() + 1}\n'
            ),
        ),
    ),
    FUNCTION: (
        (
            "from shopkeeper.domains.visits.service import VisitCounter\n",
            (
                "from shopkeeper.domains.visits.report import Report\n"
                "from shopkeeper.domains.visits.service import VisitCounter\n"
            ),
        ),
        ("import Http, Part\n", "import Http, Part, Schedule\n"),
        (
            "triggers=(\n",
            (
                "triggers=(\n        "
                'Schedule("visit-report", minutes=5, seconds=1, build=lambda found: Report(_build(found)).run),\n'
            ),
        ),
    ),
}


def add(root: Path, *additions: Addition) -> None:
    """Edit the files of a copy, then run what `make openapi facts` runs."""
    for addition in additions:
        for name, edits in addition.items():
            path = root / name
            text = path.read_text() if path.exists() else ""
            for before, after in edits:
                assert text.count(before) == 1 or not text, f"{name} has not one place for {before!r}"
                text = text.replace(before, after, 1)
            path.write_text(text)
    document = in_copy(root, "-m", "shopkeeper", "openapi")
    (root / "docs" / "openapi.json").write_text(document)
    in_copy(root, "scripts/facts.py", "write")


def copy_sources(root: Path) -> Path:
    """Copy what the additions touch, and what follows from them."""
    for name in ("src", "scripts", "docs", "infrastructure"):
        if not (root / name).exists():
            ignore = shutil.ignore_patterns("node_modules", ".terraform*", "__pycache__", "*.tfstate*", ".serverless")
            shutil.copytree(ROOT / name, root / name, ignore=ignore)
    return root


def in_copy(root: Path, *arguments: str) -> str:
    """Run Python on the sources of a copy and return what it prints."""
    environment = {**os.environ, "PYTHONPATH": f"{root / 'src'}{os.pathsep}{ROOT}", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
