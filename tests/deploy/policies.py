"""What the statements of policies allow, in the words of the plain model."""

from tests.deploy.model import ACCOUNT, OBJECT_ARN, QUEUE_ARN, REGION, RULE_ARN, SENDERS, TABLE_ARN, Model


def statement_permissions(statements: list[Model], log_groups: set[str]) -> tuple[set[str], dict[str, bool]]:
    """Return what statements of a policy allow, and of that apart whether it holds the fixed set."""
    granted: set[str] = set()
    telemetry = {"logs": False, "xray": False}
    for statement in statements:
        actions, resources = _listed(statement["Action"]), _listed(statement["Resource"])
        sender = _mail_sender(statement)
        if _decrypts_the_parameter(statement):
            granted.add(DECRYPTS)
        elif sender is not None:
            granted |= {f"{action} identity/* from {sender}" for action in actions}
        elif statement["Effect"] != "Allow" or "Condition" in statement or "NotAction" in statement:
            granted.add(f"a statement that is no plain permission: {statement}")
        elif set(actions) == {"logs:CreateLogStream", "logs:PutLogEvents"} and set(resources) <= log_groups:
            telemetry["logs"] = True
        elif set(actions) == {"xray:PutTraceSegments", "xray:PutTelemetryRecords"} and resources == ["*"]:
            telemetry["xray"] = True
        else:
            names = [_short(resource) for resource in resources]
            granted |= {f"{action} {name}" for action in actions for name in names}
    return granted, telemetry


def _mail_sender(statement: Model) -> str | None:
    """Return the address from which a statement lets mails be sent, None if it is no such statement."""
    condition: Model = statement.get("Condition") or {}
    is_plain = statement["Effect"] == "Allow" and "NotAction" not in statement
    if not is_plain or _listed(statement["Resource"]) != [SENDERS] or set(condition) != {"StringEquals"}:
        return None
    wanted: Model = condition["StringEquals"]
    addresses = _listed(wanted.get("ses:FromAddress", []))
    return addresses[0] if len(addresses) == 1 and len(wanted) == 1 else None


PARAMETER = "/shopkeeper/keys/jwt"
PARAMETER_ARN = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter{PARAMETER}"
"""The parameter that takes the place of the secret where a deployment names one."""

DECRYPTS = "kms:Decrypt of the parameter alone, for Parameter Store alone"


def _decrypts_the_parameter(statement: Model) -> bool:
    return bool(
        statement["Effect"] == "Allow"
        and _listed(statement["Action"]) == ["kms:Decrypt"]
        and _listed(statement["Resource"]) == [f"arn:aws:kms:{REGION}:{ACCOUNT}:key/*"]
        and {
            test: {name: _listed(value) for name, value in wanted.items()}
            for test, wanted in statement["Condition"].items()
        }
        == {
            "StringEquals": {
                "kms:ViaService": [f"ssm.{REGION}.amazonaws.com"],
                "kms:EncryptionContext:PARAMETER_ARN": [PARAMETER_ARN],
            }
        }
    )


def _short(resource: str) -> str:
    return resource.removeprefix(TABLE_ARN).removeprefix(QUEUE_ARN).removeprefix(OBJECT_ARN)


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def senders(policy: Model) -> set[str]:
    """Return which rules a queue's policy lets send to it; whatever else it says is named as it stands."""
    return {_sender(statement) for statement in policy["Statement"]}


def _sender(statement: Model) -> str:
    rule = str(statement.get("Condition", {}).get("ArnEquals", {}).get("aws:SourceArn", ""))
    plain = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
    if rule.startswith(RULE_ARN) and plain.items() <= statement.items() and isinstance(statement["Resource"], str):
        return f"rule {rule.removeprefix(RULE_ARN)}"
    return f"a statement that is no rule's: {statement}"
