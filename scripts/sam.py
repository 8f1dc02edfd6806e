"""The generated parts of the SAM templates: `sam.py NAME` prints one, `sam.py` their names. `make facts` writes them.

A template has no loops: what repeats for each function, table, route or setting is written out here instead.
"""

import argparse
import json
from collections.abc import Iterator

from sam_front import behaviours, edge_function, page_headers, url_of
from sam_monitoring import alarm_of, database, filter_of, query_of, throttles, widgets
from sam_secret import JWT_SECRET, rotation, secret_statements
from sam_text import ARN, BUCKET, NAME, Facts, block, lines, logical

PICTURES_URL = '!ImportValue { "Fn::Sub": "shopkeeper-data-${Stage}-PicturesUrl" }'
RESERVED = "!If [IsReserved, !Ref ReservedConcurrency, !Ref AWS::NoValue]"


def parts(facts: Facts) -> dict[str, str]:
    """Return the text of each part by its name."""
    functions = facts["functions"].items()
    return {
        "parameters": lines(_parameters(facts)),
        "watched": lines(f"- !Sub {NAME}-{alarm}" for alarm, one in facts["alarms"].items() if one["stops_releases"]),
        "environment": lines(_environment(facts)),
        "preflight": lines(_preflight(facts)),
        "paths": lines(f"{path}: {{ options: *preflight }}" for path in facts["paths"] if path != "/"),
        "functions": _with_anchor("\n".join(_function(facts, name, function) for name, function in functions)),
        "dead-letters": "\n".join(_dead_letters(facts, queue) for queue in facts["dead_letters"]),
        "alarms": "\n".join(alarm_of(name, alarm) for name, alarm in facts["alarms"].items()),
        "throttles": "".join(throttles(name) for name in facts["functions"]),
        "database": database(facts),
        "widgets": widgets(facts),
        "queries": "\n".join(query_of(name, query) for name, query in facts["queries"].items()),
        "filters": "\n".join(filter_of(name, one) for name, one in facts["filters"].items()),
        "tables": "\n".join(_table(name, table) for name, table in facts["tables"].items()),
        "behaviours": behaviours(facts["pages"]),
        "page-headers": page_headers(facts["pages"]),
        "rewrite": edge_function("rewrite.js"),
        "viewer": edge_function("viewer.js"),
        "streams": "".join(_stream_output(name) for name, table in facts["tables"].items() if table["stream"]),
    }


def _parameters(facts: Facts) -> Iterator[str]:
    for variable, meaning in facts["settings"].items():
        yield f"{logical(variable)}:"
        yield '  { Type: String, Default: "", Description: ' + json.dumps(meaning) + " }"


def _environment(facts: Facts) -> Iterator[str]:
    for variable in facts["settings"]:
        yield f"{variable}: !Ref {logical(variable)}"
    for name, table in facts["tables"].items():
        yield f"{table['environment']}: !Sub {name}-${{Stage}}"


def _preflight(facts: Facts) -> Iterator[str]:
    for header, value in facts["preflight"].items():
        yield f"method.response.header.{header}: \"'{value}'\""


def _function(facts: Facts, name: str, function: Facts) -> str:
    own = logical(name)
    more, events = [], []
    if function["secret"]:
        own_variables = [f"    JWT_SECRET_ARN: !If [ReadsParameter, !Ref AWS::NoValue, {JWT_SECRET}]\n"]
        if function["pictures"]:
            own_variables += [f"    S3_BUCKET_NAME: !Sub {BUCKET}\n", f"    PICTURES_URL: {PICTURES_URL}\n"]
        more.append("Environment:\n  Variables:\n" + "".join(own_variables).rstrip("\n"))
    if function["failures"]:
        destination = f"{{ Type: SQS, Destination: !GetAtt {logical(function['failures'])}.Arn }}"
        more.append("EventInvokeConfig:")
        more.append("  MaximumRetryAttempts: 2")
        more.append(f"  DestinationConfig: {{ OnFailure: {destination} }}")
    for route, serving in facts["routes"].items():
        if serving == name:
            method, path = route.split(" ")
            signed = (
                ", Auth: { Authorizer: AWS_IAM, InvokeRole: NONE, ApiKeyRequired: true }"
                if route in facts["signed_routes"]
                else ""
            )
            properties = f'{{ RestApiId: !Ref Api, Method: {method}, Path: "{path}"{signed} }}'
            events.append(f"{logical(route)}: {{ Type: Api, Properties: {properties} }}\n")
    events += [_schedule(trigger, one) for trigger, one in facts["schedules"].items() if one["function"] == name]
    events += [_stream(trigger, one) for trigger, one in facts["streams"].items() if one["function"] == name]
    return block(
        f"""
        {own}Function:
          Type: AWS::Serverless::Function
          Properties:
            FunctionName: !Sub {NAME}-{name}
            Handler: {function["handler"]}
            CodeUri: ../../dist/{name}-arm64.zip
            MemorySize: {function["memory"]}
            Timeout: {function["timeout"]}
            ReservedConcurrentExecutions: !If [IsDeclared, {function["concurrency"]}, {RESERVED}]
            LoggingConfig: {{ LogGroup: !Ref {own}Logs }}
            <more>
            Role: !GetAtt {own}Role.Arn
            AutoPublishCodeSha256: !Ref Fingerprint
            <events>

        {own}Role:
          Type: AWS::IAM::Role
          Properties:
            AssumeRolePolicyDocument: *assume-role
            Policies:
              - PolicyName: function
                PolicyDocument:
                  Version: "2012-10-17"
                  Statement:
                    - Effect: Allow
                      Action: [logs:CreateLogStream, logs:PutLogEvents]
                      Resource: !GetAtt {own}Logs.Arn
                    - Effect: Allow
                      Action: [xray:PutTraceSegments, xray:PutTelemetryRecords]
                      Resource: "*"
                    <statements>

        {own}Logs:
          Type: AWS::Logs::LogGroup
          Properties:
            LogGroupName: !Sub /aws/lambda/{NAME}-{name}
            RetentionInDays: !FindInMap [Stages, !Ref Stage, LogDays]
        <rotation>
        <url>
        """,
        rotation=rotation(own) if function["rotates"] else "",
        url=url_of(own) if function["has_url"] else "",
        more=lines(more),
        events=lines(["Events:", *("  " + line for event in events for line in event.splitlines())]) if events else "",
        statements=_statements(function),
    )


def _with_anchor(functions: str) -> str:
    """Return the functions, with what the roles share written out in the first."""
    trust = "{ Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: sts:AssumeRole }"
    shared = f'&assume-role\n      Version: "2012-10-17"\n      Statement: [{trust}]'
    return functions.replace("*assume-role", shared, 1)


def _statements(function: Facts) -> str:
    written = []
    for statement in function["statements"]:
        arns = [f"!Sub {ARN % 'dynamodb'}:table/{_of_stage(table)}" for table in statement.get("tables", ())]
        arns += [f"!Sub {ARN % 'sqs'}:{NAME}-{queue}" for queue in statement.get("queues", ())]
        senders = statement.get("senders", ())
        arns += [f"!Sub {ARN % 'ses'}:identity/*" for _ in senders]
        arns += [f'!Sub "arn:${{AWS::Partition}}:s3:::{BUCKET}/{objects}"' for objects in statement.get("objects", ())]
        written += ["- Effect: Allow", f"  Action: [{', '.join(statement['actions'])}]", "  Resource:"]
        written += [f"    - {arn}" for arn in arns]
        written += [f"  Condition: {{ StringEquals: {{ ses:FromAddress: !Ref {logical(one)} }} }}" for one in senders]
    written += secret_statements(function)
    return lines(written)


def _of_stage(table: str) -> str:
    name, slash, part = table.partition("/")
    return f"{name}-${{Stage}}{slash}{part}"


def _schedule(name: str, schedule: Facts) -> str:
    return block(f"""
        {logical(name)}:
          Type: Schedule
          Properties:
            Name: !Sub {NAME}-{name}
            Schedule: {schedule["rate"]}
            Input: '{json.dumps(schedule["input"])}'
            DeadLetterConfig: {{ Arn: !GetAtt {logical(schedule["dead_letters"])}.Arn }}
        """)


def _stream(name: str, stream: Facts) -> str:
    destination = f"{{ Type: SQS, Destination: !GetAtt {logical(stream['dead_letters'])}.Arn }}"
    return block(f"""
        {logical(name)}:
          Type: DynamoDB
          Properties:
            Stream: !ImportValue {{ "Fn::Sub": "shopkeeper-data-${{Stage}}-{logical(stream["table"])}StreamArn" }}
            StartingPosition: LATEST
            BisectBatchOnFunctionError: true
            MaximumRetryAttempts: 5
            FilterCriteria: {{ Filters: [{{ Pattern: '{{"eventName": ["INSERT"]}}' }}] }}
            DestinationConfig: {{ OnFailure: {destination} }}
        """)


def _dead_letters(facts: Facts, queue: str) -> str:
    own = logical(queue)
    rules = [name for name, schedule in facts["schedules"].items() if schedule["dead_letters"] == queue]
    return block(
        f"""
        {own}:
          Type: AWS::SQS::Queue
          Properties:
            QueueName: !Sub {NAME}-{queue}
            SqsManagedSseEnabled: true
            MessageRetentionPeriod: {facts["dead_letter_seconds"]}

        <policies>
        """,
        policies="\n".join(_queue_policy(own, rule) for rule in rules),
    )


def _queue_policy(queue: str, rule: str) -> str:
    return block(f"""
        {queue}Policy:
          Type: AWS::SQS::QueuePolicy
          Properties:
            Queues: [!Ref {queue}]
            PolicyDocument:
              Version: "2012-10-17"
              Statement:
                - Effect: Allow
                  Principal: {{ Service: events.amazonaws.com }}
                  Action: sqs:SendMessage
                  Resource: !GetAtt {queue}.Arn
                  Condition: {{ ArnEquals: {{ aws:SourceArn: !Sub "{ARN % "events"}:rule/{NAME}-{rule}" }} }}
        """)


def _table(name: str, table: Facts) -> str:
    indexes, more = [], []
    recovers = "false" if table["ephemeral"] else "!If [IsProd, true, false]"
    for index, key in table["indexes"].items():
        indexes += [f"  - IndexName: {index}", f"    KeySchema: {_key(key)}", "    Projection: { ProjectionType: ALL }"]
    if table["ttl"]:
        more.append(f"TimeToLiveSpecification: {{ AttributeName: {table['ttl']}, Enabled: true }}")
    if table["stream"]:
        more.append("StreamSpecification: { StreamViewType: NEW_IMAGE }")
    attributes = [f"- {{ AttributeName: {key}, AttributeType: {kind} }}" for key, kind in table["attributes"].items()]
    return block(
        f"""
        {logical(name)}Table:
          Type: AWS::DynamoDB::Table
          DeletionPolicy: !If [IsKept, Retain, Delete]
          UpdateReplacePolicy: !If [IsKept, Retain, Delete]
          Properties:
            TableName: !Sub {name}-${{Stage}}
            BillingMode: PAY_PER_REQUEST
            AttributeDefinitions:
              <attributes>
            KeySchema: {_key(table["key"])}
            <indexes>
            <more>
            SSESpecification: {{ SSEEnabled: true }}
            PointInTimeRecoverySpecification: {{ PointInTimeRecoveryEnabled: {recovers} }}
            DeletionProtectionEnabled: !If [IsKept, true, false]
        """,
        attributes=lines(attributes),
        indexes=lines(["GlobalSecondaryIndexes:", *indexes] if indexes else ()),
        more=lines(more),
    )


def _key(names: list[str]) -> str:
    roles = zip(names, ("HASH", "RANGE"), strict=False)
    return "[" + ", ".join(f"{{ AttributeName: {name}, KeyType: {role} }}" for name, role in roles) + "]"


def _stream_output(name: str) -> str:
    own = logical(name)
    return block(f"""
        {own}StreamArn:
          Value: !GetAtt {own}Table.StreamArn
          Export: {{ Name: !Sub "shopkeeper-data-${{Stage}}-{own}StreamArn" }}
        """)


def main() -> None:
    """Print a part, or the names of all."""
    import facts

    parser = argparse.ArgumentParser(prog="sam.py", description=__doc__, allow_abbrev=False)
    parser.add_argument("name", nargs="?")
    name = parser.parse_args().name
    found = parts(facts.read())
    print(found[name] if name in found else "\n".join(found))


if __name__ == "__main__":
    main()
