"""The event of a DynamoDB stream: a batch of changes of one table.

Source: AWS Lambda Developer Guide, "Using AWS Lambda with Amazon DynamoDB".
"""

from functools import partial
from typing import Any

import msgspec

from shopkeeper.functions.triggers import Metrics, Stream, is_head
from shopkeeper.net.spans import current_root
from shopkeeper.runtime.lambda_.events import Host, Run, UnsupportedEvent
from shopkeeper.storage.values import decode_item

Image = dict[str, dict[str, Any]]
"""An item in DynamoDB's form."""


class Change(msgspec.Struct, frozen=True, rename="pascal"):
    """What a record says of an item; the new image is there if the stream's view type has it."""

    new_image: Image | None = None


class Record(msgspec.Struct, frozen=True, rename="camel"):
    """One change of an item."""

    event_source: str
    event_name: str
    source_arn: str = msgspec.field(name="eventSourceARN")
    dynamodb: Change


def stream_run(host: Host, records: object) -> Run | None:
    """Return what consumes a batch, None if it is not of one of the function's streams.

    Raises UnsupportedEvent for a batch of a stream without new images.
    """
    try:
        batch = msgspec.convert(records, list[Record])
    except msgspec.ValidationError:
        return None
    tables = {_table_name(record) for record in batch}
    for stream in host.function.streams:
        if tables == {host.resources.settings.table_name(stream.table)}:
            return partial(_run, host, stream, _new_images(stream, batch))
    return None


def _table_name(record: Record) -> str | None:
    """Return the name in `arn:aws:dynamodb:REGION:ACCOUNT:table/NAME/stream/TIME`, None for another source."""
    before, _, rest = record.source_arn.partition(":table/")
    is_stream = record.event_source == "aws:dynamodb" and before.startswith("arn:") and "/stream/" in rest
    return rest.partition("/")[0] if is_stream else None


def _new_images(stream: Stream, batch: list[Record]) -> list[Image]:
    """Return the images of the items that were added, in their order."""
    images = [record.dynamodb.new_image for record in batch if record.event_name == "INSERT"]
    found = [image for image in images if image is not None]
    if len(found) < len(images):
        raise UnsupportedEvent(f"changes of the table {stream.table.name} without their new images")
    return found


def _run(host: Host, stream: Stream, images: list[Image], invocation_id: str) -> None:
    def consume() -> Metrics:
        items = [item for item in map(decode_item, images) if not is_head(stream.table, item)]
        return stream.build(host.resources)(items) if items else {}

    if (root := current_root()) is not None:
        root.facts["stream"] = stream.name
    host.telemetry.record_run("stream", stream.name, invocation_id, consume)
