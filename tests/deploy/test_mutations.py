"""A description that says anything else is caught, and what is wrong with it is named."""

from pathlib import Path

import pytest

from tests.deploy.descriptions import READERS, copy_repository
from tests.deploy.emulator import Aws
from tests.deploy.model import Model, declared, differences

FACTS = "facts.json"
SAM, DATA = "sam/template.yaml", "sam/data.yaml"
YML, JS, API = "serverless/serverless.yml", "serverless/facts.js", "serverless/resources/api.yml"
MONITORING = "serverless/monitoring.js"
SLS_ALARMS, PLUGIN = "serverless/resources/alarms.yml", "serverless/plugin.js"
TF_DATA, CODE, TRIGGERS = "terraform/data/main.tf", "terraform/code/functions.tf", "terraform/code/triggers.tf"
TF_API, MAIN, TF_ALARMS = "terraform/code/api.tf", "terraform/code/main.tf", "terraform/code/alarms.tf"
SLS_PICTURES, TF_PICTURES = "serverless/resources/pictures.yml", "terraform/data/pictures.tf"
SLS_DISTRIBUTION, TF_DISTRIBUTION = "serverless/resources/distribution.yml", "terraform/data/distribution.tf"
TF_URL, TF_FILTERS = "terraform/code/url.tf", "terraform/code/filters.tf"
PREFLIGHT, ROTATION = "terraform/code/preflight.tf", "terraform/code/rotation.tf"

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
    ("sam", "lose a route", SAM, '        GetHealth: { Type: Api, Properties: { RestApiId: !Ref Api, Method: GET, Path: "/health" } }\n', "", "routes.GET /health is missing"),
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
    ("sam", "lose a HEAD", SAM, '        HeadHealth: { Type: Api, Properties: { RestApiId: !Ref Api, Method: HEAD, Path: "/health" } }\n', "", "routes.HEAD /health is missing"),
    ("sam", "leave a rule without dead letters", SAM, "            DeadLetterConfig: { Arn: !GetAtt OrderExpiryDeadLetters.Arn }\n", "", "schedules.shopkeeper-dev-blue-order-expiry.dead_letters is None"),
    ("sam", "ask for another schedule", SAM, '{"schedule": "order-expiry"}', '{"schedule": "expiry"}', "order-expiry.input.schedule is 'expiry'"),
    ("sam", "run less often", SAM, "rate(1 minute)", "rate(1 hour)", "order-expiry.rate is 'rate(1 hour)'"),
    ("sam", "forbid a role its dead letters", SAM, "Action: [sqs:SendMessage]", "Action: [sqs:ReceiveMessage]", "orders.permissions lacks sqs:SendMessage"),
    ("sam", "lose what failed", SAM, "{ OnFailure: { Type: SQS, Destination: !GetAtt OrderExpiryDeadLetters.Arn } }", "{}", "orders.failures.to is None"),
    ("sam", "let every rule send to a queue", SAM, ':rule/shopkeeper-${Stage}-${Colour}-order-expiry" } }', ':rule/*" } }', "senders has rule *"),
    ("sam", "keep dead letters for a day", SAM, "MessageRetentionPeriod: 1209600", "MessageRetentionPeriod: 86400", "seconds is 86400"),
    ("sam", "lose an alarm on dead letters", SAM, "Namespace: AWS/SQS", "Namespace: AWS/SNS", "alarms.shopkeeper-dev-blue-order-expiry-dead-letters.metrics.one is"),
    ("sam", "forget a setting", SAM, "        ORDER_ACCEPT_SECONDS: !Ref OrderAcceptSeconds\n", "", "environment.ORDER_ACCEPT_SECONDS is missing"),
    ("sam", "send mails from any address", SAM, "{ ses:FromAddress: !Ref MailFrom }", '{ ses:FromAddress: "*" }', "mail.permissions has ses:SendEmail identity/* from *"),
    ("sam", "open the bucket", DATA, "BlockPublicPolicy: true", "BlockPublicPolicy: false", "pictures.closed.policy is False"),
    ("sam", "let everybody read pictures", DATA, "Principal: { Service: cloudfront.amazonaws.com }", 'Principal: "*"', "pictures.policy has Allow * s3:GetObject"),
    ("sam", "serve the pages of every colour", DATA, "OriginPath: !Sub /pages/${FrontColour}", "OriginPath: /pages", "distribution.origins.pages.path is '/pages'"),
    ("sam", "call the API without TLS", DATA, "OriginProtocolPolicy: https-only", "OriginProtocolPolicy: http-only", "distribution.origins.api.protocol is 'http-only'"),
    ("sam", "keep the API's answers", DATA, "CachePolicyId: 4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "CachePolicyId: 658327ea-f89d-4fab-a63d-7e88639e58f6", "distribution.behaviours./api/*.cache is"),
    ("sam", "permit inline scripts", DATA, "script-src 'self';", "script-src 'self' 'unsafe-inline';", "distribution.headers.pages.Content-Security-Policy is"),
    ("sam", "mistake the page of a shop", DATA, "request.uri = '/shop.html'", "request.uri = '/index.html'", "distribution.edge.pages.code is"),
    ("sam", "serve more than pictures", DATA, '!Sub "${Pictures.Arn}/pages/*"', '!Sub "${Pictures.Arn}/*"', "pictures.policy has Allow cloudfront.amazonaws.com s3:GetObject on the bucket/* "),
    ("sam", "touch more than pictures", SAM, "${AWS::Region}/pictures/*", "${AWS::Region}/*", "orders.permissions has s3:GetObject shopkeeper-dev-000000000000-us-east-1/*"),
    ("sam", "answer operators' services unsigned", SAM, "Authorizer: AWS_IAM, InvokeRole: NONE, ApiKeyRequired: true", "InvokeRole: NONE", "routes.POST /ops/backlogs is 'operations'"),
    ("sam", "let anybody rotate the secret", SAM, "Principal: secretsmanager.amazonaws.com", 'Principal: "*"', "rotation.invoked_by has somebody else"),
    ("sam", "let the rotation delete the secret", SAM, "secretsmanager:DescribeSecret,", "secretsmanager:DescribeSecret, secretsmanager:DeleteSecret,", "rotation.permissions has secretsmanager:DeleteSecret"),
    ("sam", "preflight what is signed", SAM, "          /{proxy+}: { options: *preflight }", "          /ops/backlogs: { options: *preflight }\n          /{proxy+}: { options: *preflight }", "preflights./ops/backlogs is not declared"),
    ("sam", "lose a filter", SAM, "FilterName: !Sub shopkeeper-${Stage}-${Colour}-visits-views", "FilterName: !Sub shopkeeper-${Stage}-${Colour}-visits-looks", "filters.shopkeeper-dev-blue-visits-views is missing"),
    ("sam", "count what is not a visit", SAM, "{ $.Visits = * }", "{ $.status = * }", "filters.shopkeeper-dev-blue-visits-visits.pattern is '{ $.status = * }'"),
    ("sam", "filter another log", SAM, "      LogGroupName: !Ref VisitsLogs\n", "      LogGroupName: !Ref TrafficLogs\n", "filters.shopkeeper-dev-blue-visits-visits.log is '/aws/lambda/shopkeeper-dev-blue-traffic'"),
    ("sam", "count for all stages together", SAM, "MetricNamespace: !Sub Shopkeeper/visitor-counter/${Stage}", "MetricNamespace: Shopkeeper/visitor-counter", "visits-visits.metrics lacks $.Visits Count as Shopkeeper/visitor-counter/dev Visits"),
    ("sam", "send a filter's zeros", SAM, "MetricValue: $.BotHits\n", "MetricValue: $.BotHits\n          DefaultValue: 0\n", "visits-bot-hits.metrics has $.BotHits Count as Shopkeeper/visitor-counter/dev BotHits by None, else 0"),
    ("serverless", "answer operators' services unsigned", JS, "authorizer: 'aws_iam', private: true", "private: true", "routes.POST /ops/backlogs is None"),
    ("serverless", "ask operators' services for no key", JS, "authorizer: 'aws_iam', private: true", "authorizer: 'aws_iam'", "routes.POST /ops/backlogs is None"),
    ("serverless", "loosen the quota", API, "Limit: 1000,", "Limit: 1000000,", "api.plan.quota is '1000000 a DAY'"),
    ("serverless", "let another account rotate the secret", JS, "SourceAccount: { Ref: 'AWS::AccountId' }, ", "", "rotation.invoked_by has somebody else"),
    ("serverless", "pass operators' services on", FACTS, '      "/shop.js",\n', '      "/ops/*",\n      "/shop.js",\n', "distribution.behaviours./ops/* is not declared"),
    ("serverless", "take pictures from every page", SLS_PICTURES, '"http://localhost:*", "http://127.0.0.1:*"]', '"*"]', "pictures.cors lacks"),
    ("serverless", "lose the token on the way to the API", JS, "  OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac', // AllViewerExceptHostHeader\n", "", "distribution.behaviours./api/*.request is None"),
    ("serverless", "lose a path of the API", FACTS, '      "/auth/*",\n', "", "distribution.behaviours./auth/* is missing"),
    ("serverless", "rewrite no address", SLS_DISTRIBUTION, "EventType: viewer-request", "EventType: viewer-response", "distribution.behaviours.*.edge lacks viewer-request pages"),
    ("serverless", "sign nothing", SLS_DISTRIBUTION, "SigningBehavior: always", "SigningBehavior: never", "distribution.access.pictures.signs is 'never'"),
    ("serverless", "forget where pictures are", JS, "...(definition.pictures && PICTURES)", "...(definition.picture && PICTURES)", "environment.PICTURES_URL is missing"),
    ("serverless", "drop an action", FACTS, '["dynamodb:GetItem", "dynamodb:UpdateItem"], "tables": ["visitor-counter", "visitors"]', '["dynamodb:GetItem"], "tables": ["visitor-counter", "visitors"]', "visits.permissions lacks"),
    ("serverless", "grant an action", FACTS, '["dynamodb:GetItem", "dynamodb:UpdateItem"], "tables": ["visitor-counter", "visitors"]', '["dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:Scan"], "tables": ["visitor-counter", "visitors"]', "visits.permissions has dynamodb:Scan"),
    ("serverless", "name another table in a policy", JS, "$&-${sls:stage}", "resume-$&", "visits.permissions has dynamodb:GetItem resume-visitor-counter"),
    ("serverless", "widen a resource", JS, "`table/${table.replace", "`table/*${table.replace", "visits.permissions has dynamodb:GetItem *visitor-counter-dev"),
    ("serverless", "forget an index", FACTS, "users/index/all-users", "users", "accounts.permissions lacks dynamodb:Query users-dev/index/all-users"),
    ("serverless", "write to every log", JS, "{ 'Fn::Sub': `\\${${logical(name)}LogGroup.Arn}` }", "'*'", "visits.permissions has logs:PutLogEvents *"),
    ("serverless", "add a managed policy", JS, "        Policies: [{", "        ManagedPolicyArns: ['arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess'],\n        Policies: [{", "health.permissions has everything in"),
    ("serverless", "let another service take a role", JS, "Service: 'lambda.amazonaws.com'", "Service: 'ec2.amazonaws.com'", "role_of lacks lambda.amazonaws.com"),
    ("serverless", "lose a route", FACTS, '    "GET /health": "visits",\n', "", "routes.GET /health is missing"),
    ("serverless", "misspell a route", FACTS, '"GET /api/items/{item_id}"', '"GET /api/item/{item_id}"', "routes.GET /api/item/{item_id} is not declared"),
    ("serverless", "ask for a key on a route", JS, "path.slice(1), ...signed }", "path.slice(1), ...signed, private: true }", "routes.GET /health is None"),
    ("serverless", "rename a table", JS, "TableName: `${name}-", "TableName: `shop-${name}-", "tables.orders-dev is missing"),
    ("serverless", "name another table to the code", JS, "[table.environment, `${name}-", "[table.environment, `${name}s-", "environment.ORDERS_TABLE_NAME is 'orderss-dev'"),
    ("serverless", "lose a TTL", JS, "...(table.ttl && {", "...(table.time && {", "ttl is None, not 'ItemExpireTTL'"),
    ("serverless", "lose an index", FACTS, '"by-status"', '"by-state"', "indexes.by-status is missing"),
    ("serverless", "change a key", JS, "['HASH', 'RANGE']", "['HASH', 'HASH']", "indexes.by-business"),
    ("serverless", "name an origin in dev", JS, "'${param:origins}'", "'https://a.example'", "environment.ALLOWED_ORIGINS"),
    ("serverless", "permit more than localhost in dev", PLUGIN, "://localhost(:", "://.*localhost(:", "template.application/json is"),
    ("serverless", "lose the preflight of what is not declared", PLUGIN, "    methods.push({ Ref: 'UndeclaredPath' });\n", "", "preflights./{proxy+} is missing"),
    ("serverless", "answer what is not declared", FACTS, '"GET /health": "visits"', '"ANY /{proxy+}": "visits"', "routes.ANY /{proxy+} is not declared"),
    ("serverless", "change the timeout", FACTS, '"timeout": 15', '"timeout": 3', "orders.timeout is 3"),
    ("serverless", "bypass the alias", PLUGIN, "name: ALIAS, logicalId", "name: '$LATEST', logicalId", "routes.GET /counter is None"),
    ("serverless", "loosen the throttle", YML, "rate: 50", "rate: 5000", "api.rate is 5000"),
    ("serverless", "forget the gateway's errors", API, "ResponseType: DEFAULT_5XX", "ResponseType: UNAUTHORIZED", "api.errors.DEFAULT_5XX is missing"),
    ("serverless", "lose an alarm", SLS_ALARMS, "-${param:colour}-errors", "-${param:colour}-mistakes", "alarms.shopkeeper-dev-blue-errors is missing"),
    ("serverless", "lower a threshold", SLS_ALARMS, "Threshold: 3000", "Threshold: 30000", "threshold is 30000"),
    ("serverless", "lose a HEAD", FACTS, '    "HEAD /health": "visits",\n', "", "routes.HEAD /health is missing"),
    ("serverless", "leave a rule without dead letters", JS, "            DeadLetterConfig: { Arn: arnOf(queue) },\n", "", "schedules.shopkeeper-dev-blue-order-expiry.dead_letters is None"),
    ("serverless", "ask for another schedule", FACTS, '{"schedule": "order-expiry"}', '{"schedule": "expiry"}', "order-expiry.input.schedule is 'expiry'"),
    ("serverless", "run past the alias", JS, "Arn: { Ref: alias }", "Arn: arnOf('OrdersLambdaFunction')", "order-expiry.function is None"),
    ("serverless", "let every rule run a function", JS, "SourceArn: arnOf(`${logical(name)}Rule`)", "SourceArn: arn('events', 'rule/*')", "orders.invoked_by has somebody else"),
    ("serverless", "forbid a role its dead letters", FACTS, "sqs:SendMessage", "sqs:ReceiveMessage", "orders.permissions lacks sqs:SendMessage"),
    ("serverless", "lose what failed", JS, "...(definition.failures && {", "...(definition.failed && {", "orders.failures is None"),
    ("serverless", "leave a queue open", JS, "SqsManagedSseEnabled: true", "SqsManagedSseEnabled: false", "encrypted is False"),
    ("serverless", "let dead letters grow old", MONITORING, "Threshold: alarm.threshold", "Threshold: 1209600", "order-expiry-dead-letters-age.threshold is 1209600"),
    ("serverless", "forget dead letters sooner", JS, "facts.dead_letter_seconds", "4 * 24 * 60 * 60", "dead-letters.seconds is 345600"),
    ("serverless", "let anybody send to a queue", JS, "    Condition: { ArnEquals: { 'aws:SourceArn': arn('events', `rule/${PREFIX}-${name}`) } },\n", "", "senders has a statement that is no rule's"),
    ("serverless", "forget a setting", FACTS, '    "ORDER_ACCEPT_SECONDS"', '    "ACCEPT_SECONDS"', "environment.ORDER_ACCEPT_SECONDS is missing"),
    ("serverless", "send mails on another condition", JS, "'ses:FromAddress'", "'ses:FromDisplayName'", "a statement that is no plain permission"),
    ("serverless", "lose the filters", JS, "...filters, ", "", "filters.shopkeeper-dev-blue-visits-visits is missing"),
    ("serverless", "count what is not a visit", FACTS, "{ $.Visits = * }", "{ $.status = * }", "filters.shopkeeper-dev-blue-visits-visits.pattern is '{ $.status = * }'"),
    ("serverless", "give a filter dimensions", MONITORING, "          Unit: 'Count',\n", "          Unit: 'Count',\n          Dimensions: [{ Key: 'path', Value: '$.path' }],\n", "visits-visits.metrics lacks $.Visits Count as"),
    ("serverless", "show a counted metric where it is not", MONITORING, "`Shopkeeper/${service}/\\${sls:stage}`, metric]", "`Shopkeeper/${service}`, metric]", "dashboard.Visits, views and bots.shows lacks"),
    ("terraform", "send mails on no condition", CODE, 'test     = "StringEquals"', 'test     = "StringLike"', "a statement that is no plain permission"),
    ("terraform", "let pictures be sniffed", TF_PICTURES, "content_type_options {\n      override = true", "content_type_options {\n      override = false", "headers.pictures.X-Content-Type-Options is missing"),
    ("terraform", "let pages be framed", FACTS, '"frame-ancestors \'none\'"', '"frame-ancestors *"', "distribution.headers.pages.Content-Security-Policy is"),
    ("terraform", "give pages the headers of pictures", TF_DISTRIBUTION, "aws_cloudfront_response_headers_policy.pages.id", "aws_cloudfront_response_headers_policy.pictures.id", "distribution.behaviours.*.headers is 'pictures'"),
    ("terraform", "take the API by another path", TF_DISTRIBUTION, 'origin_path = "/${var.stage}"', 'origin_path = "/prod"', "distribution.origins.api.path is '/prod'"),
    ("terraform", "leave the function unpublished", TF_DISTRIBUTION, "publish = true", "publish = false", "distribution.edge.pages.live is False"),
    ("terraform", "take requests without TLS", TF_PICTURES, 'values   = ["false"]', 'values   = ["true"]', "pictures.policy lacks Deny * s3:* on the bucket Bool aws:SecureTransport=false"),
    ("terraform", "drop an action", FACTS, '["dynamodb:GetItem", "dynamodb:UpdateItem"], "tables": ["visitor-counter", "visitors"]', '["dynamodb:GetItem"], "tables": ["visitor-counter", "visitors"]', "visits.permissions lacks"),
    ("terraform", "grant an action", FACTS, '["dynamodb:GetItem", "dynamodb:UpdateItem"], "tables": ["visitor-counter", "visitors"]', '["dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:Scan"], "tables": ["visitor-counter", "visitors"]', "visits.permissions has dynamodb:Scan"),
    ("terraform", "name another table in a policy", CODE, '"$0-${var.stage}"', '"resume-$0"', "visits.permissions has dynamodb:GetItem resume-visitor-counter"),
    ("terraform", "widen a resource", CODE, ":table/${replace(", ":table/*${replace(", "visits.permissions has dynamodb:GetItem *visitor-counter-dev"),
    ("terraform", "forget an index", FACTS, "users/index/all-users", "users", "accounts.permissions lacks dynamodb:Query users-dev/index/all-users"),
    ("terraform", "write to every log", CODE, '["${aws_cloudwatch_log_group.function[each.key].arn}:*"]', '["*"]', "visits.permissions has logs:PutLogEvents *"),
    ("terraform", "attach a managed policy", CODE, 'resource "aws_iam_role_policy" "function" {', 'resource "aws_iam_role_policy_attachment" "extra" {\n  role       = aws_iam_role.function["visits"].name\n  policy_arn = "arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess"\n}\n\nresource "aws_iam_role_policy" "function" {', "other_identities has aws_iam_role_policy_attachment.extra"),
    ("terraform", "let another service take a role", CODE, '"lambda.amazonaws.com"', '"ec2.amazonaws.com"', "role_of lacks lambda.amazonaws.com"),
    ("terraform", "let any API invoke", CODE, '"${aws_api_gateway_rest_api.this.execution_arn}/*/*"', '"arn:aws:execute-api:us-east-1:000000000000:*/*/*"', "invoked_by lacks the API"),
    ("terraform", "lose a route", FACTS, '    "GET /health": "visits",\n', "", "routes.GET /health is missing"),
    ("terraform", "misspell a route", FACTS, '"GET /api/items/{item_id}"', '"GET /api/item/{item_id}"', "routes.GET /api/item/{item_id} is not declared"),
    ("terraform", "put an authorizer before the API", TF_API, 'each.value.signed ? "AWS_IAM" : "NONE"', '"AWS_IAM"', "routes.GET /health is missing"),
    ("terraform", "answer operators' services unsigned", TF_API, 'each.value.signed ? "AWS_IAM" : "NONE"', '"NONE"', "routes.POST /ops/backlogs is missing"),
    ("terraform", "ask operators' services for no key", TF_API, "api_key_required = each.value.signed", "api_key_required = false", "routes.POST /ops/backlogs is missing"),
    ("terraform", "let another account rotate the secret", ROTATION, "  source_account = data.aws_caller_identity.current.account_id\n", "", "rotation.invoked_by has somebody else"),
    ("terraform", "bypass the alias", CODE, '-${name}:live" }', '-${name}" }', "routes.GET /counter is ''"),
    ("terraform", "rename a table", TF_DATA, '"${each.key}-${var.stage}"', '"shop-${each.key}-${var.stage}"', "tables.orders-dev is missing"),
    ("terraform", "name another table to the code", CODE, 'table.environment => "${name}-', 'table.environment => "${name}s-', "environment.ORDERS_TABLE_NAME is 'orderss-dev'"),
    ("terraform", "lose a TTL", TF_DATA, "enabled        = true", "enabled        = false", "ttl is None, not 'ItemExpireTTL'"),
    ("terraform", "lose an index", FACTS, '"by-status"', '"by-state"', "indexes.by-status is missing"),
    ("terraform", "name an origin in dev", CODE, "= var.allowed_origins", '= "https://a.example"', "environment.ALLOWED_ORIGINS"),
    ("terraform", "permit more than localhost in dev", PREFLIGHT, "://localhost(:", "://.*localhost(:", "template.application/json is"),
    ("terraform", "lose the preflight of what is not declared", TF_API, ', ["{proxy+}"])', ")", "preflights./{proxy+} is missing"),
    ("terraform", "answer what is not declared", FACTS, '"GET /health": "visits"', '"ANY /{proxy+}": "visits"', "routes.ANY /{proxy+} is not declared"),
    ("terraform", "lose the encryption", TF_DATA, "    enabled = true\n", "    enabled = false\n", "encrypted is False"),
    ("terraform", "change the memory", FACTS, '"memory": 1024', '"memory": 128', "accounts.memory is 128"),
    ("terraform", "loosen the throttle", MAIN, "rate = 50,", "rate = 5000,", "api.rate is 5000"),
    ("terraform", "forget the preflight's Vary", FACTS, '    "Vary": "Origin",\n', "", "headers.Vary is missing"),
    ("terraform", "lose an alarm", TF_ALARMS, '"${local.name}-errors"', '"${local.name}-mistakes"', "alarms.shopkeeper-dev-blue-errors is missing"),
    ("terraform", "write the secret down", TF_DATA, "ephemeral.aws_secretsmanager_random_password.jwt.random_password", '"hunter2-hunter2-hunter2-hunter2-"', "secret.generated is False"),
    ("terraform", "lose a HEAD", FACTS, '    "HEAD /health": "visits",\n', "", "routes.HEAD /health is missing"),
    ("terraform", "leave a rule without dead letters", TRIGGERS, "  dead_letter_config {\n    arn = local.queue_arns[each.value.dead_letters]\n  }\n", "", "schedules.shopkeeper-dev-blue-order-expiry.dead_letters is None"),
    ("terraform", "ask for another schedule", TRIGGERS, "jsonencode(each.value.input)", "jsonencode({ schedule = each.value.rate })", "order-expiry.input.schedule is 'rate(1 minute)'"),
    ("terraform", "let every rule run a function", TRIGGERS, 'source_arn    = "${local.arns.events}:rule/${local.name}-${each.key}"', 'source_arn    = "${local.arns.events}:rule/*"', "orders.invoked_by has rule *"),
    ("terraform", "forbid a role its dead letters", FACTS, "sqs:SendMessage", "sqs:ReceiveMessage", "orders.permissions lacks sqs:SendMessage"),
    ("terraform", "lose what failed", TRIGGERS, "  destination_config {\n    on_failure {\n      destination = local.queue_arns[each.value.failures]\n    }\n  }\n", "", "orders.failures.to is None"),
    ("terraform", "leave a queue open", TRIGGERS, "sqs_managed_sse_enabled   = true", "sqs_managed_sse_enabled   = false", "encrypted is False"),
    ("terraform", "let dead letters grow old", TF_ALARMS, "each.value.threshold", "1209600", "order-expiry-dead-letters-age.threshold is 1209600"),
    ("terraform", "forget dead letters sooner", TRIGGERS, "local.facts.dead_letter_seconds", "4 * 24 * 60 * 60", "dead-letters.seconds is 345600"),
    ("terraform", "let every rule send to a queue", TRIGGERS, '["${local.arns.events}:rule/${local.name}-${each.key}"]', '["${local.arns.events}:rule/*"]', "senders has rule *"),
    ("terraform", "silence an alarm on dead letters", TF_ALARMS, "  alarm_actions     = [aws_sns_topic.alarms.arn]\n", "", "dead-letters.tells is 0"),
    ("terraform", "lose a filter", FACTS, '"visits-bot-hits"', '"visits-bots"', "filters.shopkeeper-dev-blue-visits-bot-hits is missing"),
    ("terraform", "count what is not a visit", FACTS, "{ $.Visits = * }", "{ $.status = * }", "filters.shopkeeper-dev-blue-visits-visits.pattern is '{ $.status = * }'"),
    ("terraform", "count lines and not what they say", TF_FILTERS, "each.value.value", '"1"', "visits-visits.metrics lacks $.Visits Count as"),
    ("terraform", "count for all stages together", TF_FILTERS, "/${var.stage}", "", "visits-visits.metrics lacks $.Visits Count as Shopkeeper/visitor-counter/dev Visits"),
    ("terraform", "forget a setting", FACTS, '    "ORDER_ACCEPT_SECONDS"', '    "ACCEPT_SECONDS"', "environment.ORDER_ACCEPT_SECONDS is missing"),
]  # fmt: skip


WITH_URL = [
    ("sam", "let anybody call the URL", SAM, "AuthType: AWS_IAM", "AuthType: NONE", "visits.url is 'NONE'"),
    ("sam", "let every distribution call", SAM, "      Principal: cloudfront.amazonaws.com\n      SourceArn:", "      Principal: cloudfront.amazonaws.com\n      SourceAccount:", "visits.invoked_by has somebody else"),
    ("sam", "lose the URL", SAM, "TargetFunctionArn: !Ref VisitsFunction, Qualifier: live", "TargetFunctionArn: !Ref HealthFunction, Qualifier: live", "visits.url is None"),
    ("sam", "sign for the URL as for the bucket", DATA, "OriginAccessControlId: !GetAtt CounterAccess.Id", "OriginAccessControlId: !GetAtt PicturesAccess.Id", "distribution.origins.counter.signed is 'pictures'"),
    ("sam", "ask the gateway nevertheless", DATA, "!If [HasUrl, counter, api]", "api", "distribution.behaviours./counter.origin is 'api'"),
    ("sam", "let visitors say who they are", DATA, "FunctionAssociations: !If [HasUrl, [{ EventType: viewer-request, FunctionARN: !GetAtt Viewer.FunctionARN }], !Ref AWS::NoValue]", "SmoothStreaming: false", "distribution.behaviours./counter.edge lacks viewer-request viewer"),
    ("serverless", "let anybody call the URL", JS, "AuthType: 'AWS_IAM'", "AuthType: 'NONE'", "visits.url is 'NONE'"),
    ("serverless", "forget one of two permissions", JS, "Action: 'lambda:InvokeFunctionUrl',", "Action: 'lambda:InvokeFunction',", "visits.invoked_by lacks the distribution, by a URL"),
    ("serverless", "sign for the URL never", SLS_DISTRIBUTION, "Name: shopkeeper-${sls:stage}-counter\n        OriginAccessControlOriginType: lambda\n        SigningBehavior: always", "Name: shopkeeper-${sls:stage}-counter\n        OriginAccessControlOriginType: lambda\n        SigningBehavior: never", "distribution.access.counter.signs is 'never'"),
    ("serverless", "let visitors say who they are", JS, "EventType: 'viewer-request', FunctionARN: { 'Fn::GetAtt': ['Viewer', 'FunctionARN'] }", "EventType: 'viewer-response', FunctionARN: { 'Fn::GetAtt': ['Viewer', 'FunctionARN'] }", "distribution.behaviours./counter.edge lacks viewer-request viewer"),
    ("terraform", "let anybody call the URL", TF_URL, 'authorization_type = "AWS_IAM"', 'authorization_type = "NONE"', "visits.url is 'NONE'"),
    ("terraform", "let every distribution call", TF_URL, "source_arn    = data.aws_ssm_parameter.distribution_arn[0].value", 'source_arn    = "arn:aws:cloudfront::000000000000:distribution/*"', "visits.invoked_by has somebody else"),
    ("terraform", "call past the alias", TF_URL, "  qualifier          = aws_lambda_alias.live[each.key].name\n", "", "visits.url is None"),
    ("terraform", "ask the gateway nevertheless", TF_DISTRIBUTION, '? "counter" : "api"', '? "api" : "api"', "distribution.behaviours./counter.origin is 'api'"),
    ("terraform", "let visitors say who they are", TF_DISTRIBUTION, "? [local.viewer_arn] : []", "? [] : []", "distribution.behaviours./counter.edge lacks viewer-request viewer"),
]  # fmt: skip
"""What is wrong only with `FRONT=distribution`, as prod is deployed here."""


CASES = [*(("dev", *mutation) for mutation in MUTATIONS), *(("prod", *mutation) for mutation in WITH_URL)]


@pytest.fixture(scope="module")
def sound(aws: Aws, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Model]:
    """What SAM says unmutated of each stage, for the parts that the code does not declare."""
    root = copy_repository(tmp_path_factory.mktemp("sound"))
    stages = ("dev", "prod")
    for stage in stages:
        aws.keep_secret(stage)
    return {stage: READERS["sam"](root, stage, "blue", {}) for stage in stages}


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the descriptions to spoil."""
    return copy_repository(tmp_path_factory.mktemp("workshop"))


def test_each_description_is_spoilt_in_twenty_ways() -> None:
    for name in READERS:
        assert sum(mutation[0] == name for mutation in MUTATIONS) >= 20


@pytest.mark.step("agrees")
@pytest.mark.parametrize(
    ("stage", "description", "mutation", "file", "old", "new", "finding"),
    CASES,
    ids=[f"{description}-{mutation}" for _, description, mutation, *_ in CASES],
)
def test_a_mutation_is_caught_and_named(
    stage: str,
    description: str,
    mutation: str,
    file: str,
    old: str,
    new: str,
    finding: str,
    aws: Aws,
    sound: dict[str, Model],
    workshop: Path,
) -> None:
    path = workshop / "infrastructure" / file
    text = path.read_text()
    assert old in text, "the description has nothing to spoil here"
    path.write_text(text.replace(old, new))
    try:
        found = READERS[description](workshop, stage, "blue", aws.environment)
    finally:
        path.write_text(text)
    wanted = declared(stage, "blue")
    lines = [*differences({part: found[part] for part in wanted}, wanted)]
    lines += differences(found, sound[stage])
    assert any(finding in line for line in lines), lines
