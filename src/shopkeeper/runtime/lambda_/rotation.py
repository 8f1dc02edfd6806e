"""The event of a rotation: a step of it, the secret, and the version to come.

Source: AWS Secrets Manager User Guide, "Lambda rotation functions".
"""

from functools import partial

import msgspec

from shopkeeper.functions.triggers import Metrics, Rotation
from shopkeeper.runtime.lambda_.events import Event, Host, Run, UnsupportedEvent


class RotationEvent(msgspec.Struct, frozen=True, rename="pascal"):
    """What Secrets Manager sends. It may send more than this."""

    step: str
    secret_id: str
    client_request_token: str


def rotation_run(host: Host, rotation: Rotation, event: Event) -> Run:
    """Return what does a step. Raises UnsupportedEvent for an event that is not well formed."""
    try:
        asked = msgspec.convert(event, RotationEvent)
    except msgspec.ValidationError as error:
        raise UnsupportedEvent(f"a rotation that is not well formed: {error}") from None
    return partial(_run, host, rotation, asked)


def _run(host: Host, rotation: Rotation, asked: RotationEvent, invocation_id: str) -> None:
    def job() -> Metrics:
        rotation.build(host.resources)(asked.step, asked.secret_id, asked.client_request_token)
        return {}

    host.telemetry.record_run("rotation", asked.step, invocation_id, job)
