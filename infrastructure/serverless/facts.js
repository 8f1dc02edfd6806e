// What follows from ../facts.json: the functions with their roles, triggers, dead letters, tables and pages.
'use strict';

const { readFileSync } = require('node:fs');
const { join } = require('node:path');

const facts = require('../facts.json');
const { alarms, anyTable, filters, queries, throttles, widgets } = require('./monitoring');
const { logical, map, PREFIX } = require('./names');

const SECRET_ARN = { 'Fn::ImportValue': 'shopkeeper-data-${sls:stage}-JwtSecretArn' };
const PARAMETER = process.env.JWT_SECRET_PARAMETER || '';
const ROTATION_DAYS = Number(process.env.JWT_ROTATION_DAYS || 0);
const BUCKET = 'shopkeeper-${sls:stage}-${AWS::AccountId}-${AWS::Region}';
const PICTURES = {
  S3_BUCKET_NAME: { 'Fn::Sub': BUCKET },
  PICTURES_URL: { 'Fn::ImportValue': 'shopkeeper-data-${sls:stage}-PicturesUrl' },
};

const read = (name) => readFileSync(join(__dirname, '..', name), 'utf8');
const merged = (objects) => Object.assign({}, ...objects);
const arn = (service, resource) => ({
  'Fn::Sub': `arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${resource}`,
});
const arnOf = (logicalId) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });
const ofFunction = (triggers, name) => Object.entries(triggers).filter(([, trigger]) => trigger.function === name);

const environment = {
  STAGE: '${sls:stage}',
  COLOUR: '${param:colour}',
  ...map(facts.settings, ([variable]) => [variable, `\${env:${variable}, ''}`]),
  ALLOWED_ORIGINS: '${param:origins}',
  ...map(facts.tables, ([name, table]) => [table.environment, `${name}-\${sls:stage}`]),
};

const functions = map(facts.functions, ([name, definition]) => [
  name,
  {
    name: `${PREFIX}-${name}`,
    handler: definition.handler,
    package: { artifact: `../../dist/${name}-arm64.zip` },
    role: `${logical(name)}Role`,
    memorySize: definition.memory,
    timeout: definition.timeout,
    environment: {
      ...(definition.secret.length && !PARAMETER && { JWT_SECRET_ARN: SECRET_ARN }),
      ...(definition.pictures && PICTURES),
    },
    events: [...routesOf(name), ...streamsOf(name)],
    ...(definition.failures && {
      maximumRetryAttempts: 2,
      destinations: { onFailure: { type: 'sqs', arn: arnOf(logical(definition.failures)) } },
    }),
  },
]);

function routesOf(name) {
  const routes = Object.keys(facts.routes).filter((route) => facts.routes[route] === name);
  return routes.map((route) => {
    const [method, path] = route.split(' ');
    const signed = facts.signed_routes.includes(route) && { authorizer: 'aws_iam', private: true };
    return { http: { method: method.toLowerCase(), path: path === '/' ? path : path.slice(1), ...signed } };
  });
}

function streamsOf(name) {
  return ofFunction(facts.streams, name).map(([, stream]) => ({
    stream: {
      type: 'dynamodb',
      arn: { 'Fn::ImportValue': `shopkeeper-data-\${sls:stage}-${logical(stream.table)}StreamArn` },
      startingPosition: 'LATEST',
      bisectBatchOnFunctionError: true,
      maximumRetryAttempts: 5,
      filterPatterns: [{ eventName: ['INSERT'] }],
      destinations: { onFailure: { type: 'sqs', arn: arnOf(logical(stream.dead_letters)) } },
    },
  }));
}

// A role for each function: what it may do, and no more.
const roles = merged(Object.entries(facts.functions).map(([name, definition]) => role(name, definition)));

function role(name, definition) {
  const allow = (Action, Resource) => ({ Effect: 'Allow', Action, Resource });
  const allowFrom = (Action, sender) => ({
    ...allow(Action, arn('ses', 'identity/*')),
    Condition: { StringEquals: { 'ses:FromAddress': `\${env:${sender}, ''}` } },
  });
  const Statement = [
    allow(['logs:CreateLogStream', 'logs:PutLogEvents'], { 'Fn::Sub': `\${${logical(name)}LogGroup.Arn}` }),
    allow(['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], '*'),
    ...definition.statements.flatMap(({ actions, tables = [], queues = [], objects = [], senders }) =>
      senders
        ? senders.map((sender) => allowFrom(actions, sender))
        : allow(actions, [
            ...tables.map((table) => arn('dynamodb', `table/${table.replace(/^[^/]+/, '$&-${sls:stage}')}`)),
            ...queues.map((queue) => arn('sqs', `${PREFIX}-${queue}`)),
            ...objects.map((pattern) => ({ 'Fn::Sub': `arn:\${AWS::Partition}:s3:::${BUCKET}/${pattern}` })),
          ]),
    ),
    ...(definition.secret.length && !PARAMETER ? [allow(definition.secret, SECRET_ARN)] : []),
    ...(definition.authenticates && PARAMETER ? ofParameter(allow) : []),
  ];
  const trust = { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' };
  return {
    [`${logical(name)}Role`]: {
      Type: 'AWS::IAM::Role',
      Properties: {
        AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [trust] },
        Policies: [{ PolicyName: 'function', PolicyDocument: { Version: '2012-10-17', Statement } }],
      },
    },
  };
}

// The key of a parameter may be the account's own: it decrypts this parameter alone, and for Parameter Store alone.
function ofParameter(allow) {
  const parameter = arn('ssm', `parameter${PARAMETER}`);
  const Condition = {
    StringEquals: {
      'kms:ViaService': { 'Fn::Sub': 'ssm.${AWS::Region}.${AWS::URLSuffix}' },
      'kms:EncryptionContext:PARAMETER_ARN': parameter,
    },
  };
  return [allow(['ssm:GetParameter'], parameter), { ...allow(['kms:Decrypt'], arn('kms', 'key/*')), Condition }];
}

// What lets Secrets Manager call the function that rotates the secret, and the schedule by which it does.
const rotations = merged(
  Object.keys(facts.functions).filter((name) => facts.functions[name].rotates).map(rotation),
);

function rotation(name) {
  const alias = { Ref: `${logical(name)}LiveAlias` };
  const may = { FunctionName: alias, Action: 'lambda:InvokeFunction', Principal: 'secretsmanager.amazonaws.com' };
  const schedule = {
    Type: 'AWS::SecretsManager::RotationSchedule',
    DependsOn: `${logical(name)}Permission`,
    Properties: {
      SecretId: SECRET_ARN,
      RotationLambdaARN: alias,
      RotateImmediatelyOnUpdate: false,
      RotationRules: { AutomaticallyAfterDays: ROTATION_DAYS },
    },
  };
  return {
    [`${logical(name)}Permission`]: {
      Type: 'AWS::Lambda::Permission',
      Properties: { ...may, SourceAccount: { Ref: 'AWS::AccountId' }, SourceArn: SECRET_ARN },
    },
    ...(ROTATION_DAYS && !PARAMETER && { [`${logical(name)}Schedule`]: schedule }),
  };
}

// What lets the distribution of the stage ask a function without the gateway. It signs, and nobody else may.
const urls = merged(Object.keys(facts.functions).filter((name) => facts.functions[name].has_url).map(url));

function url(name) {
  const alias = `${logical(name)}LiveAlias`;
  const may = {
    FunctionName: { Ref: alias },
    Principal: 'cloudfront.amazonaws.com',
    SourceArn: { 'Fn::ImportValue': 'shopkeeper-data-${sls:stage}-DistributionArn' },
  };
  const permission = (more) => ({
    Type: 'AWS::Lambda::Permission',
    Condition: 'IsFronted',
    Properties: { ...may, ...more },
  });
  return {
    [`${logical(name)}Url`]: {
      Type: 'AWS::Lambda::Url',
      Condition: 'IsFronted',
      DependsOn: alias,
      Properties: { TargetFunctionArn: `${PREFIX}-${name}`, Qualifier: 'live', AuthType: 'AWS_IAM' },
    },
    [`${logical(name)}UrlPermission`]: permission({
      Action: 'lambda:InvokeFunctionUrl',
      FunctionUrlAuthType: 'AWS_IAM',
    }),
    [`${logical(name)}UrlInvocation`]: permission({ Action: 'lambda:InvokeFunction' }),
  };
}

// The framework's own schedule knows no dead letters.
const schedules = merged(Object.entries(facts.schedules).map(([name, schedule]) => rule(name, schedule)));

function rule(name, schedule) {
  const alias = `${logical(schedule.function)}LiveAlias`;
  const queue = logical(schedule.dead_letters);
  const mayRun = { FunctionName: { Ref: alias }, Action: 'lambda:InvokeFunction', Principal: 'events.amazonaws.com' };
  const maySend = {
    Effect: 'Allow',
    Principal: { Service: 'events.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: arnOf(queue),
    Condition: { ArnEquals: { 'aws:SourceArn': arn('events', `rule/${PREFIX}-${name}`) } },
  };
  return {
    [`${logical(name)}Rule`]: {
      Type: 'AWS::Events::Rule',
      Properties: {
        Name: `${PREFIX}-${name}`,
        ScheduleExpression: schedule.rate,
        Targets: [
          {
            Id: schedule.function,
            Arn: { Ref: alias },
            Input: JSON.stringify(schedule.input),
            DeadLetterConfig: { Arn: arnOf(queue) },
          },
        ],
      },
    },
    [`${logical(name)}Permission`]: {
      Type: 'AWS::Lambda::Permission',
      Properties: { ...mayRun, SourceArn: arnOf(`${logical(name)}Rule`) },
    },
    [`${queue}Policy`]: {
      Type: 'AWS::SQS::QueuePolicy',
      Properties: { Queues: [{ Ref: queue }], PolicyDocument: { Version: '2012-10-17', Statement: [maySend] } },
    },
  };
}

const deadLetters = merged(
  facts.dead_letters.map((queue) => ({
    [logical(queue)]: {
      Type: 'AWS::SQS::Queue',
      Properties: {
        QueueName: `${PREFIX}-${queue}`,
        SqsManagedSseEnabled: true,
        MessageRetentionPeriod: facts.dead_letter_seconds,
      },
    },
  })),
);

const keySchema = (names) => names.map((AttributeName, at) => ({ AttributeName, KeyType: ['HASH', 'RANGE'][at] }));

const tables = map(facts.tables, ([name, table]) => [
  `${logical(name)}Table`,
  {
    Type: 'AWS::DynamoDB::Table',
    DeletionPolicy: '${param:deletion}',
    UpdateReplacePolicy: '${param:deletion}',
    Properties: {
      TableName: `${name}-\${sls:stage}`,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: Object.entries(table.attributes).map(([AttributeName, AttributeType]) => ({
        AttributeName,
        AttributeType,
      })),
      KeySchema: keySchema(table.key),
      ...(Object.keys(table.indexes).length && {
        GlobalSecondaryIndexes: Object.entries(table.indexes).map(([IndexName, key]) => ({
          IndexName,
          KeySchema: keySchema(key),
          Projection: { ProjectionType: 'ALL' },
        })),
      }),
      ...(table.ttl && { TimeToLiveSpecification: { AttributeName: table.ttl, Enabled: true } }),
      ...(table.stream && { StreamSpecification: { StreamViewType: 'NEW_IMAGE' } }),
      SSESpecification: { SSEEnabled: true },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: table.ephemeral ? false : '${param:recover}' },
      DeletionProtectionEnabled: '${param:protect}',
    },
  },
]);

const streamArns = merged(
  Object.keys(facts.tables)
    .filter((name) => facts.tables[name].stream)
    .map((name) => ({
      [`${logical(name)}StreamArn`]: {
        Value: { 'Fn::GetAtt': [`${logical(name)}Table`, 'StreamArn'] },
        Export: { Name: `shopkeeper-data-\${sls:stage}-${logical(name)}StreamArn` },
      },
    })),
);

const pictureBehaviour = {
  PathPattern: '/pictures/*',
  TargetOriginId: 'pictures',
  ViewerProtocolPolicy: 'redirect-to-https',
  AllowedMethods: ['GET', 'HEAD'],
  Compress: false,
  CachePolicyId: '658327ea-f89d-4fab-a63d-7e88639e58f6', // CachingOptimized, as S3's Cache-Control says
  ResponseHeadersPolicyId: { Ref: 'PicturesHeaders' },
};

// A page among the paths of the API: it stands before them.
const docsBehaviour = {
  PathPattern: '/api/docs',
  TargetOriginId: 'pages',
  ViewerProtocolPolicy: 'redirect-to-https',
  AllowedMethods: ['GET', 'HEAD'],
  Compress: true,
  CachePolicyId: '658327ea-f89d-4fab-a63d-7e88639e58f6', // CachingOptimized: a second at most, as S3 says no-cache
  ResponseHeadersPolicyId: { Ref: 'PagesHeaders' },
  FunctionAssociations: [
    { EventType: 'viewer-request', FunctionARN: { 'Fn::GetAtt': ['PagesRewrite', 'FunctionARN'] } },
  ],
};

// What the distribution passes on to the API, as it comes.
const passedOn = {
  TargetOriginId: 'api',
  ViewerProtocolPolicy: 'https-only',
  AllowedMethods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'POST', 'DELETE'],
  Compress: false,
  CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad', // CachingDisabled
  OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac', // AllViewerExceptHostHeader
};
const kept = { ...passedOn, Compress: true, CachePolicyId: { Ref: 'PublicAnswers' } };
// What the function behind a URL answers, if there is one.
const direct = {
  TargetOriginId: { 'Fn::If': ['HasUrl', 'counter', 'api'] },
  FunctionAssociations: {
    'Fn::If': [
      'HasUrl',
      [{ EventType: 'viewer-request', FunctionARN: { 'Fn::GetAtt': ['Viewer', 'FunctionARN'] } }],
      { Ref: 'AWS::NoValue' },
    ],
  },
};
const apiBehaviours = [
  ...facts.pages.cached.map((PathPattern) => ({ PathPattern, ...kept })),
  ...facts.pages.api.map((PathPattern) => ({
    PathPattern,
    ...passedOn,
    ...(facts.pages.direct.includes(PathPattern) && direct),
  })),
];

// CloudFront takes two of them by members of their own.
const {
  'Referrer-Policy': ReferrerPolicy,
  'X-Content-Type-Options': _nosniff,
  ...otherHeaders
} = facts.pages.headers;
const UPLOADS = `https://${BUCKET}.s3.\${AWS::Region}.\${AWS::URLSuffix}`;
const pageHeaders = {
  SecurityHeadersConfig: {
    ContentTypeOptions: { Override: true },
    ReferrerPolicy: { ReferrerPolicy, Override: true },
    ContentSecurityPolicy: {
      ContentSecurityPolicy: { 'Fn::Sub': facts.pages.policy.join('; ').replace('UPLOADS', UPLOADS) },
      Override: true,
    },
  },
  CustomHeadersConfig: {
    Items: Object.entries(otherHeaders).map(([Header, Value]) => ({ Header, Value, Override: true })),
  },
};

const pages = {
  behaviours: [pictureBehaviour, docsBehaviour, ...apiBehaviours],
  headers: pageHeaders,
  rewrite: read('rewrite.js'),
  viewer: read('viewer.js'),
};

module.exports = {
  environment,
  functions,
  code: { Resources: { ...roles, ...deadLetters, ...alarms, ...queries, ...filters, ...schedules, ...rotations, ...urls } },
  throttles,
  anyTable,
  widgets,
  pages,
  data: { Resources: tables, Outputs: streamArns },
};
