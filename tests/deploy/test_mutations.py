"""A description that says anything else is caught, and what is wrong with it is named."""

from pathlib import Path

import pytest

from tests.deploy.descriptions import READERS, copy_repository
from tests.deploy.emulator import Aws
from tests.deploy.model import Model, declared, differences

SAM, DATA = "sam/template.yaml", "sam/data.yaml"
YML, ROLES, API = "serverless/serverless.yml", "serverless/resources/roles.yml", "serverless/resources/api.yml"
SLS_DATA, SLS_ALARMS, PLUGIN = (
    "serverless/data/serverless.yml",
    "serverless/resources/alarms.yml",
    "serverless/plugin.js",
)
TABLES, TF_DATA, CODE = "terraform/data/tables.tf", "terraform/data/main.tf", "terraform/code/functions.tf"
TF_API, MAIN, TF_ALARMS = "terraform/code/api.tf", "terraform/code/main.tf", "terraform/code/alarms.tf"
PREFLIGHT = "terraform/code/preflight.tf"

MUTATIONS = [
    ("sam", "drop an action", SAM, "[dynamodb:GetItem, dynamodb:UpdateItem]", "[dynamodb:GetItem]", "visits.permissions lacks"),
    ("sam", "grant an action", SAM, "[dynamodb:GetItem, dynamodb:UpdateItem]", "[dynamodb:GetItem, dynamodb:UpdateItem, dynamodb:Scan]", "visits.permissions has dynamodb:Scan"),
    ("sam", "name another table in a policy", SAM, "table/visitor-counter-${Stage}", "table/resume-visitor-counter", "visits.permissions has dynamodb:GetItem resume-visitor-counter"),
    ("sam", "widen a resource", SAM, "table/visitor-counter-${Stage}", "table/*", "visits.permissions has dynamodb:GetItem *"),
    ("sam", "forget an index", SAM, "table/users-${Stage}/index/all-users", "table/users-${Stage}", "accounts.permissions lacks dynamodb:Query users-dev/index/all-users"),
    ("sam", "add a managed policy", SAM, "      AssumeRolePolicyDocument: *assume-role\n", "      AssumeRolePolicyDocument: *assume-role\n      ManagedPolicyArns: [arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess]\n", "health.permissions has everything in"),
    ("sam", "add a policy beside the roles", SAM, "  VisitsLogs:\n", "  Extra:\n    Type: AWS::IAM::Policy\n    Properties: { PolicyName: extra, Roles: [!Ref VisitsRole], PolicyDocument: { Statement: [{ Effect: Allow, Action: '*', Resource: '*' }] } }\n  VisitsLogs:\n", "other_identities has Extra"),
    ("sam", "let another service take a role", SAM, "Service: lambda.amazonaws.com", "Service: ec2.amazonaws.com", "role_of lacks lambda.amazonaws.com"),
    ("sam", "write to every log", SAM, "Resource: !GetAtt VisitsLogs.Arn", 'Resource: "*"', "visits.permissions has logs:PutLogEvents *"),
    ("sam", "leave SAM's second stage", SAM, "      OpenApiVersion: 3.0.1", "      # OpenApiVersion: 3.0.1", "api.unprotected_stages has Stage"),
    ("sam", "switch the plan's key off", SAM, "      Enabled: true\n", "      Enabled: false\n", "api.plan_has_key is False"),
    ("sam", "index the keys alone", DATA, "ProjectionType: ALL", "ProjectionType: KEYS_ONLY", "lacks ALL"),
    ("sam", "lose a route", SAM, '        CheckCounter: { Type: Api, Properties: { RestApiId: !Ref Api, Method: GET, Path: "/health" } }\n', "", "routes.GET /health is missing"),
    ("sam", "misspell a route", SAM, 'Path: "/api/items/{item_id}"', 'Path: "/api/item/{item_id}"', "routes.GET /api/item/{item_id} is not declared"),
    ("sam", "rename a table", DATA, "TableName: !Sub orders-${Stage}", "TableName: !Sub shop-orders-${Stage}", "tables.orders-dev is missing"),
    ("sam", "name another table to the code", SAM, "ORDERS_TABLE_NAME: !Sub orders-${Stage}", "ORDERS_TABLE_NAME: !Sub order-${Stage}", "environment.ORDERS_TABLE_NAME is 'order-dev'"),
    ("sam", "lose a TTL", DATA, "      TimeToLiveSpecification: { AttributeName: ItemExpireTTL, Enabled: true }\n", "", "ttl is None, not 'ItemExpireTTL'"),
    ("sam", "lose an index", DATA, "IndexName: by-status", "IndexName: by-state", "indexes.by-status is missing"),
    ("sam", "change a key", DATA, "{ AttributeName: order_id, KeyType: RANGE }", "{ AttributeName: order_id, KeyType: HASH }", "indexes.by-business"),
    ("sam", "pay for capacity", DATA, "BillingMode: PAY_PER_REQUEST", "BillingMode: PROVISIONED", "billing is 'PROVISIONED'"),
    ("sam", "permit more than localhost in dev", SAM, "://localhost(:", "://.*localhost(:", "template.application/json is"),
    ("sam", "lose the preflight of what is not declared", SAM, "          /{proxy+}: { options: *preflight }", "          #", "preflights./{proxy+} is missing"),
    ("sam", "answer what is not declared", SAM, 'Method: GET, Path: "/health" }', 'Method: ANY, Path: "/{proxy+}" }', "/{proxy+} is not declared"),
    ("sam", "change the memory", SAM, "MemorySize: 1024", "MemorySize: 128", "accounts.memory is 128"),
    ("sam", "change the architecture", SAM, "[arm64]", "[x86_64]", "architecture is 'x86_64'"),
    ("sam", "switch tracing off", SAM, "Tracing: Active", "Tracing: PassThrough", "tracing is 'PassThrough'"),
    ("sam", "loosen the throttle", SAM, "Rate: 50,", "Rate: 5000,", "api.rate is 5000"),
    ("sam", "lose an alarm", SAM, "AlarmName: !Sub shopkeeper-${Stage}-${Colour}-errors", "AlarmName: !Sub shopkeeper-${Stage}-${Colour}-mistakes", "alarms.shopkeeper-dev-blue-errors is missing"),
    ("sam", "silence an alarm", SAM, "      AlarmActions: [!Ref AlarmTopic]\n", "", "tells is 0"),
    ("sam", "write the secret down", DATA, "GenerateSecretString: { PasswordLength: 64, ExcludePunctuation: true }", "SecretString: hunter2-hunter2-hunter2-hunter2-", "secret.generated is False"),
    ("serverless", "drop an action", ROLES, "[dynamodb:GetItem, dynamodb:UpdateItem]", "[dynamodb:GetItem]", "visits.permissions lacks"),
    ("serverless", "grant an action", ROLES, "[dynamodb:GetItem, dynamodb:UpdateItem]", "[dynamodb:GetItem, dynamodb:UpdateItem, dynamodb:Scan]", "visits.permissions has dynamodb:Scan"),
    ("serverless", "name another table in a policy", ROLES, "table/visitor-counter-${sls:stage}", "table/resume-visitor-counter", "visits.permissions has dynamodb:GetItem resume-visitor-counter"),
    ("serverless", "widen a resource", ROLES, "table/visitor-counter-${sls:stage}", "table/*", "visits.permissions has dynamodb:GetItem *"),
    ("serverless", "forget an index", ROLES, "table/users-${sls:stage}/index/all-users", "table/users-${sls:stage}", "accounts.permissions lacks dynamodb:Query users-dev/index/all-users"),
    ("serverless", "write to every log", ROLES, 'Resource: !Sub "${VisitsLogGroup.Arn}"', 'Resource: "*"', "visits.permissions has logs:PutLogEvents *"),
    ("serverless", "add a managed policy", ROLES, "      AssumeRolePolicyDocument: *assume-role\n", "      AssumeRolePolicyDocument: *assume-role\n      ManagedPolicyArns: [arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess]\n", "health.permissions has everything in"),
    ("serverless", "let another service take a role", ROLES, "Service: lambda.amazonaws.com", "Service: ec2.amazonaws.com", "role_of lacks lambda.amazonaws.com"),
    ("serverless", "lose a route", YML, '      - http: { method: get, path: "health" }\n', "", "routes.GET /health is missing"),
    ("serverless", "misspell a route", YML, 'path: "api/items/{item_id}"', 'path: "api/item/{item_id}"', "routes.GET /api/item/{item_id} is not declared"),
    ("serverless", "ask for a key on a route", YML, '{ method: get, path: "health" }', '{ method: get, path: "health", private: true }', "routes.GET /health is None"),
    ("serverless", "rename a table", SLS_DATA, "TableName: orders-${sls:stage}", "TableName: shop-orders-${sls:stage}", "tables.orders-dev is missing"),
    ("serverless", "name another table to the code", YML, "ORDERS_TABLE_NAME: orders-${sls:stage}", "ORDERS_TABLE_NAME: order-${sls:stage}", "environment.ORDERS_TABLE_NAME is 'order-dev'"),
    ("serverless", "lose a TTL", SLS_DATA, "        TimeToLiveSpecification: { AttributeName: ItemExpireTTL, Enabled: true }\n", "", "ttl is None, not 'ItemExpireTTL'"),
    ("serverless", "lose an index", SLS_DATA, "IndexName: by-status", "IndexName: by-state", "indexes.by-status is missing"),
    ("serverless", "change a key", SLS_DATA, "{ AttributeName: order_id, KeyType: RANGE }", "{ AttributeName: order_id, KeyType: HASH }", "indexes.by-business"),
    ("serverless", "name an origin in dev", YML, "ALLOWED_ORIGINS, ''", "NOTHING, 'https://a.example'", "environment.ALLOWED_ORIGINS"),
    ("serverless", "permit more than localhost in dev", PLUGIN, "://localhost(:", "://.*localhost(:", "template.application/json is"),
    ("serverless", "lose the preflight of what is not declared", PLUGIN, "    methods.push({ Ref: 'UndeclaredPath' });\n", "", "preflights./{proxy+} is missing"),
    ("serverless", "answer what is not declared", YML, 'method: get, path: "health" }', 'method: any, path: "{proxy+}" }', "routes.ANY /{proxy+} is not declared"),
    ("serverless", "change the timeout", YML, "timeout: 15", "timeout: 3", "orders.timeout is 3"),
    ("serverless", "bypass the alias", PLUGIN, "name: ALIAS, logicalId", "name: '$LATEST', logicalId", "routes.GET /counter is None"),
    ("serverless", "loosen the throttle", YML, "rate: 50", "rate: 5000", "api.rate is 5000"),
    ("serverless", "forget the gateway's errors", API, "ResponseType: DEFAULT_5XX", "ResponseType: UNAUTHORIZED", "api.errors.DEFAULT_5XX is missing"),
    ("serverless", "lose an alarm", SLS_ALARMS, "-${param:colour}-errors", "-${param:colour}-mistakes", "alarms.shopkeeper-dev-blue-errors is missing"),
    ("serverless", "lower a threshold", SLS_ALARMS, "Threshold: 3000", "Threshold: 30000", "threshold is 30000"),
    ("terraform", "drop an action", CODE, '["dynamodb:GetItem", "dynamodb:UpdateItem"], tables = ["visitor', '["dynamodb:GetItem"], tables = ["visitor', "visits.permissions lacks"),
    ("terraform", "grant an action", CODE, '["dynamodb:GetItem", "dynamodb:UpdateItem"], tables = ["visitor', '["dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:Scan"], tables = ["visitor', "visits.permissions has dynamodb:Scan"),
    ("terraform", "name another table in a policy", CODE, 'tables = ["visitor-counter-${var.stage}"]', 'tables = ["resume-visitor-counter"]', "visits.permissions has dynamodb:GetItem resume-visitor-counter"),
    ("terraform", "widen a resource", CODE, 'tables = ["visitor-counter-${var.stage}"]', 'tables = ["*"]', "visits.permissions has dynamodb:GetItem *"),
    ("terraform", "forget an index", CODE, "users-${var.stage}/index/all-users", "users-${var.stage}", "accounts.permissions lacks dynamodb:Query users-dev/index/all-users"),
    ("terraform", "write to every log", CODE, '["${aws_cloudwatch_log_group.function[each.key].arn}:*"]', '["*"]', "visits.permissions has logs:PutLogEvents *"),
    ("terraform", "attach a managed policy", CODE, 'resource "aws_iam_role_policy" "function" {', 'resource "aws_iam_role_policy_attachment" "extra" {\n  role       = aws_iam_role.function["visits"].name\n  policy_arn = "arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess"\n}\n\nresource "aws_iam_role_policy" "function" {', "other_identities has aws_iam_role_policy_attachment.extra"),
    ("terraform", "let another service take a role", CODE, '"lambda.amazonaws.com"', '"ec2.amazonaws.com"', "role_of lacks lambda.amazonaws.com"),
    ("terraform", "let any API invoke", CODE, '"${aws_api_gateway_rest_api.this.execution_arn}/*/*"', '"arn:aws:execute-api:us-east-1:000000000000:*/*/*"', "invoked_by_api is False"),
    ("terraform", "lose a route", CODE, '        "GET /health",\n', "", "routes.GET /health is missing"),
    ("terraform", "misspell a route", CODE, "GET /api/items/{item_id}", "GET /api/item/{item_id}", "routes.GET /api/item/{item_id} is not declared"),
    ("terraform", "put an authorizer before the API", TF_API, 'authorization = "NONE"', 'authorization = "AWS_IAM"', "routes.GET /health is missing"),
    ("terraform", "bypass the alias", CODE, ":live/invocations", "/invocations", "routes.GET /counter is ''"),
    ("terraform", "rename a table", TF_DATA, '"${each.key}-${var.stage}"', '"shop-${each.key}-${var.stage}"', "tables.orders-dev is missing"),
    ("terraform", "name another table to the code", CODE, '= "orders-${var.stage}"', '= "order-${var.stage}"', "environment.ORDERS_TABLE_NAME is 'order-dev'"),
    ("terraform", "lose a TTL", TF_DATA, "enabled        = true", "enabled        = false", "ttl is None, not 'ItemExpireTTL'"),
    ("terraform", "lose an index", TABLES, '"by-status"', '"by-state"', "indexes.by-status is missing"),
    ("terraform", "name an origin in dev", CODE, "= var.allowed_origins", '= "https://a.example"', "environment.ALLOWED_ORIGINS"),
    ("terraform", "permit more than localhost in dev", PREFLIGHT, "://localhost(:", "://.*localhost(:", "template.application/json is"),
    ("terraform", "lose the preflight of what is not declared", TF_API, 'setunion(local.paths, ["{proxy+}"])', "local.paths", "preflights./{proxy+} is missing"),
    ("terraform", "answer what is not declared", CODE, '        "GET /health",\n', '        "ANY /{proxy+}",\n', "routes.ANY /{proxy+} is not declared"),
    ("terraform", "lose the encryption", TF_DATA, "    enabled = true\n", "    enabled = false\n", "encrypted is False"),
    ("terraform", "change the memory", CODE, "= 1024", "= 128", "accounts.memory is 128"),
    ("terraform", "loosen the throttle", MAIN, "rate = 50,", "rate = 5000,", "api.rate is 5000"),
    ("terraform", "forget the preflight's Vary", PREFLIGHT, '    "Vary"                         = "Origin"\n', "", "headers.Vary is missing"),
    ("terraform", "lose an alarm", TF_ALARMS, '"${local.name}-errors"', '"${local.name}-mistakes"', "alarms.shopkeeper-dev-blue-errors is missing"),
    ("terraform", "write the secret down", TF_DATA, "ephemeral.aws_secretsmanager_random_password.jwt.random_password", '"hunter2-hunter2-hunter2-hunter2-"', "secret.generated is False"),
]  # fmt: skip


@pytest.fixture(scope="module")
def sound(aws: Aws, tmp_path_factory: pytest.TempPathFactory) -> Model:
    """What SAM says unmutated, for the parts that the code does not declare."""
    aws.keep_secret("dev")
    return READERS["sam"](copy_repository(tmp_path_factory.mktemp("sound")), "dev", "blue", {})


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the descriptions to spoil."""
    return copy_repository(tmp_path_factory.mktemp("workshop"))


def test_each_description_is_spoilt_in_twenty_ways() -> None:
    for name in READERS:
        assert sum(mutation[0] == name for mutation in MUTATIONS) >= 20


@pytest.mark.step("agrees")
@pytest.mark.parametrize(
    ("description", "mutation", "file", "old", "new", "finding"),
    MUTATIONS,
    ids=[f"{mutation[0]}-{mutation[1]}" for mutation in MUTATIONS],
)
def test_a_mutation_is_caught_and_named(
    description: str, mutation: str, file: str, old: str, new: str, finding: str, aws: Aws, sound: Model, workshop: Path
) -> None:
    path = workshop / "infrastructure" / file
    text = path.read_text()
    assert old in text, "the description has nothing to spoil here"
    path.write_text(text.replace(old, new))
    try:
        found = READERS[description](workshop, "dev", "blue", aws.environment)
    finally:
        path.write_text(text)
    wanted = declared("dev", "blue")
    lines = [*differences({part: found[part] for part in wanted}, wanted)]
    lines += differences(found, sound)
    assert any(finding in line for line in lines), lines
