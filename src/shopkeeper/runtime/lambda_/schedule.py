"""The event of a schedule: the constant input of a rule of Amazon EventBridge, `{"schedule": "<name>"}`."""

from functools import partial

from shopkeeper.functions.triggers import Schedule
from shopkeeper.net.spans import current_root
from shopkeeper.runtime.lambda_.events import Host, Run


def schedule_run(host: Host, name: object) -> Run | None:
    """Return what runs the schedule of this name, None if the function does not declare it."""
    for schedule in host.function.schedules:
        if schedule.name == name:
            return partial(_run, host, schedule)
    return None


def _run(host: Host, schedule: Schedule, invocation_id: str) -> None:
    if (root := current_root()) is not None:
        root.facts["schedule"] = schedule.name
    host.telemetry.record_run("schedule", schedule.name, invocation_id, lambda: schedule.build(host.resources)())
