// What watches a stage, as it follows from ../facts.json: alarms, saved queries, filters, the widgets of the dashboard.
'use strict';

const facts = require('../facts.json');
const { logical, map, PREFIX } = require('./names');

const alarms = map(facts.alarms, ([name, alarm]) => [
  `${logical(name)}Alarm`,
  {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmName: `${PREFIX}-${name}`,
      AlarmDescription: alarm.meaning,
      AlarmActions: [{ Ref: 'AlarmTopic' }],
      Namespace: alarm.queue ? 'AWS/SQS' : 'Shopkeeper',
      MetricName: alarm.metric,
      Dimensions: alarm.queue
        ? [{ Name: 'QueueName', Value: `${PREFIX}-${alarm.queue}` }]
        : [{ Name: 'service', Value: alarm.service }, { Name: 'stage', Value: '${sls:stage}' }],
      Statistic: alarm.statistic,
      Period: alarm.seconds,
      EvaluationPeriods: 1,
      Threshold: alarm.threshold,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
    },
  },
]);

const throttlesOf = (name) => ({
  Id: name,
  ReturnData: false,
  MetricStat: {
    Metric: {
      Namespace: 'AWS/Lambda',
      MetricName: 'Throttles',
      Dimensions: [{ Name: 'FunctionName', Value: `${PREFIX}-${name}` }],
    },
    Period: 60,
    Stat: 'Sum',
  },
});
const throttles = [
  { Id: 'throttles', Expression: 'SUM(METRICS())', Label: 'Throttles', ReturnData: true },
  ...Object.keys(facts.functions).map(throttlesOf),
];

const anyTable = Object.keys(facts.tables).sort().map((name) => `TableName = '${name}-\${sls:stage}'`).join(' OR ');

const queries = map(facts.queries, ([name, query]) => [
  `${logical(name)}Query`,
  {
    Type: 'AWS::Logs::QueryDefinition',
    Properties: {
      Name: `${PREFIX}/${name}`,
      LogGroupNames: query.functions.map((one) => ({ Ref: `${logical(one)}LogGroup` })),
      QueryString: query.lines.join('\n| '),
    },
  },
]);

const filters = map(facts.filters, ([name, { function: of, service, metric, pattern, value }]) => [
  `${logical(name)}Filter`,
  {
    Type: 'AWS::Logs::MetricFilter',
    Properties: {
      FilterName: `${PREFIX}-${name}`,
      LogGroupName: { Ref: `${logical(of)}LogGroup` },
      FilterPattern: pattern,
      MetricTransformations: [
        {
          MetricNamespace: `Shopkeeper/${service}/\${sls:stage}`,
          MetricName: metric,
          MetricValue: value,
          Unit: 'Count',
        },
      ],
    },
  },
]);

// The graphs of the dashboard that follow from the facts, after three that are written, and the saved queries.
const WRITTEN_WIDGETS = 3;
const shown = ({ service, metric, by, counted }, { statistic, seconds }) => {
  if (counted) return [`Shopkeeper/${service}/\${sls:stage}`, metric];
  if (!by) return ['Shopkeeper', metric, 'service', service, 'stage', '${sls:stage}'];
  const found = `{Shopkeeper,${by},service,stage} MetricName="${metric}" stage="\${sls:stage}"`;
  return [{ expression: `SEARCH('${found}', '${statistic}', ${seconds})` }];
};
const region = '${AWS::Region}';
const graphs = facts.widgets.map((widget, at) => ({
  type: 'metric',
  x: 12 * ((WRITTEN_WIDGETS + at) % 2),
  y: 6 * Math.floor((WRITTEN_WIDGETS + at) / 2),
  width: 12,
  height: 6,
  properties: {
    title: widget.title,
    region,
    stat: widget.statistic,
    period: widget.seconds,
    metrics: widget.metrics.map((metric) => shown(metric, widget)),
  },
}));
const tablesBegin = 6 * Math.ceil((WRITTEN_WIDGETS + graphs.length) / 2);
const logTables = Object.entries(facts.queries).map(([title, query], at) => {
  const sources = query.functions.map((name) => `SOURCE '/aws/lambda/${PREFIX}-${name}'`);
  const properties = { title, region, view: 'table', query: [...sources, ...query.lines].join(' | ') };
  return { type: 'log', x: 0, y: tablesBegin + 6 * at, width: 24, height: 6, properties };
});
const widgets = [...graphs, ...logTables].map((widget) => JSON.stringify(widget)).join(',\n');

module.exports = { alarms, anyTable, filters, queries, throttles, widgets };
