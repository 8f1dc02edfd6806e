"""The event of a schedule: the constant input of a rule of Amazon EventBridge, `{"schedule": "<name>"}`."""

from functools import partial

from shopkeeper.functions.triggers import Schedule
from shopkeeper.runtime.lambda_.events import Host, Run


def schedule_run(host: Host, name: object) -> Run | None:
    """Return what runs the schedule of this name, None if the function does not declare it."""
    for schedule in host.function.schedules:
        if schedule.name == name:
            return partial(_run, host, schedule)
    return None


def _run(host: Host, schedule: Schedule, invocation_id: str) -> None:
    host.telemetry.record_run("schedule", schedule.name, invocation_id, lambda: schedule.build(host.resources)())
