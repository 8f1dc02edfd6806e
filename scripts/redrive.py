"""Run again what failed, from the dead-letter queues of one stage in one colour. Needs boto3.

redrive STAGE COLOUR [SOURCE ...] [--keep-going] [--dry-run]

A SOURCE is a schedule or a stream, like order-expiry; without any, all queues are read. For each letter the function
is invoked once more, and the letter is removed if that succeeds. Otherwise the letter stays, and redrive ends with
status 1: at once, or with --keep-going after the other letters. AWS_REGION names the region.

What a rule or Lambda could not run is run with the same event. A letter of a stream names records, but has none of
them: the schedule runs that finds what the stream missed. Every job may run twice, so it does no harm if another run
was faster. --dry-run only prints what would run.
"""

import argparse
import json
import sys
from collections.abc import Generator, Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any, NoReturn

import account
import facts

ALIAS = "live"
HELD_SECONDS = 300
"""How long nobody else receives a letter. It is longer than any function runs."""

ANSWER_SECONDS = 90
"""How long an invocation may take. It is longer than any function runs."""

Letter = dict[str, Any]


class Failed(Exception):
    """A letter cannot be run, or its run failed; the text says why."""


class Queue:
    """A dead-letter queue. Letters that were received and not removed can be received again after `release`."""

    def __init__(self, name: str) -> None:
        """Raises Refused if there is no such queue."""
        self._sqs = account.client("sqs")
        try:
            self._url = self._sqs.get_queue_url(QueueName=name)["QueueUrl"]
        except self._sqs.exceptions.QueueDoesNotExist:
            raise account.Refused(f"There is no queue {name} in this region.") from None
        self._held: dict[str, str] = {}

    def letters(self) -> Iterator[Letter]:
        """Receive each letter once."""
        while True:
            found = self._sqs.receive_message(
                QueueUrl=self._url,
                VisibilityTimeout=HELD_SECONDS,
                WaitTimeSeconds=1,  # so that every server of SQS is asked
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["SentTimestamp"],
            ).get("Messages", [])
            is_known = bool(found) and found[0]["MessageId"] in self._held
            for letter in found:
                self._held[letter["MessageId"]] = letter["ReceiptHandle"]
            if not found or is_known:
                return
            yield found[0]

    def remove(self, letter: Letter) -> None:
        """Remove a letter."""
        handle = self._held.pop(letter["MessageId"])
        self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=handle)

    def release(self) -> None:
        """Let everybody receive the letters again that are still there."""
        for handle in self._held.values():
            self._sqs.change_message_visibility(QueueUrl=self._url, ReceiptHandle=handle, VisibilityTimeout=0)


class Source:
    """A schedule or a stream, with the function that it runs."""

    def __init__(self, name: str, deployment: str, known: facts.Facts) -> None:
        """Raises Refused if nothing of that name is declared."""
        schedules = known["schedules"]
        trigger = schedules.get(name) or known["streams"].get(name)
        if trigger is None:
            raise account.Refused(f"There is no schedule and no stream '{name}'.")
        self.name = name
        self.queue = f"{deployment}-{trigger['dead_letters']}"
        self._function = f"{deployment}-{trigger['function']}"
        self._rule = f":rule/{deployment}-{name}"
        self._input = schedules[trigger.get("fallback", name)]["input"]

    def event(self, letter: Letter) -> Any:
        """Return the event that a letter asks for. Raises Failed if it is no letter of Lambda or of the rule."""
        try:
            body = json.loads(letter["Body"])
        except ValueError:
            body = None
        content = body if isinstance(body, dict) else {}
        if "requestPayload" in content:
            return content["requestPayload"]
        rule = letter.get("MessageAttributes", {}).get("RULE_ARN", {}).get("StringValue", "")
        if "DDBStreamBatchInfo" in content or rule.endswith(self._rule):
            return self._input
        raise Failed("it is not a letter of Lambda or of a rule")

    def run(self, event: Any) -> None:
        """Invoke the function and wait for its end. Raises Failed if the run failed."""
        client = account.client("lambda", read_timeout=ANSWER_SECONDS)
        answer = client.invoke(FunctionName=self._function, Qualifier=ALIAS, Payload=json.dumps(event))
        content = answer["Payload"].read()
        if "FunctionError" in answer:
            raise Failed(f"{self._function} failed: {_reason(content)}")


def _reason(content: bytes) -> str:
    """Return what a function says of its failure."""
    try:
        told = json.loads(content)
    except ValueError:
        return content.decode(errors="replace")
    return f"{told.get('errorType')}: {told.get('errorMessage')}" if isinstance(told, dict) else str(told)


def redrive(sources: list[Source], *, keeps_going: bool, is_dry: bool) -> bool:
    """Run the letters of these sources, say what became of each, and return whether none failed."""
    counts = {True: 0, False: 0}
    with closing(_outcomes(sources, is_dry)) as outcomes:
        for succeeded, line in outcomes:
            print(line)
            counts[succeeded] += 1
            if not (succeeded or keeps_going):
                break
    print(f"Letters that {'would run' if is_dry else 'ran and were removed'}: {counts[True]}. Failed: {counts[False]}.")
    return not counts[False]


def _outcomes(sources: list[Source], is_dry: bool) -> Generator[tuple[bool, str], None, None]:
    for source in sources:
        queue = Queue(source.queue)
        try:
            for letter in queue.letters():
                about = f"{source.name}, letter of {_sent(letter)}"
                try:
                    event = source.event(letter)
                    if not is_dry:
                        source.run(event)
                        queue.remove(letter)
                except Failed as failure:
                    yield False, f"{about}: stays, for {failure}"
                else:
                    yield True, f"{about}: {'would run' if is_dry else 'ran'} {json.dumps(event)}"
        finally:
            queue.release()


def _sent(letter: Letter) -> str:
    seconds = int(letter["Attributes"]["SentTimestamp"]) / 1000
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="redrive", description=__doc__, formatter_class=argparse.RawTextHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("stage", choices=["dev", "staging", "prod"])
    parser.add_argument("colour", choices=["blue", "green"])
    parser.add_argument("source", nargs="*", help="a schedule or a stream; by default all")
    parser.add_argument("--keep-going", action="store_true", help="go on after a letter that fails")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> None:
    """Run the command. Status 1 if a letter failed or AWS did, 2 if it was called wrongly."""
    asked = _arguments(arguments)
    known = facts.read()
    names = asked.source or [*known["schedules"], *known["streams"]]
    try:
        sources = [Source(name, f"shopkeeper-{asked.stage}-{asked.colour}", known) for name in names]
        succeeded = redrive(sources, keeps_going=asked.keep_going, is_dry=asked.dry_run)
    except account.Refused as refusal:
        _end(refusal, 2)
    except KeyboardInterrupt:
        _end("Stopped. The letter at work stays.", 1)
    except account.failures() as failure:
        _end(failure, 1)
    if not succeeded:
        raise SystemExit(1)


def _end(reason: object, status: int) -> NoReturn:
    print(f"redrive: {reason}", file=sys.stderr)
    raise SystemExit(status) from None


if __name__ == "__main__":
    main(sys.argv[1:])
