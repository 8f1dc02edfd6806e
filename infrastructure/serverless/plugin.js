// What API Gateway and Lambda need beyond the framework: versions behind an alias `live`, a preflight that picks
// the origin, and a stage that is a resource.
'use strict';

const facts = require('../facts.json');

const ALIAS = 'live';
const HEADERS = Object.fromEntries(Object.entries(facts.preflight).map(([name, value]) => [name, `'${value}'`]));

// Velocity, run by API Gateway: an origin that is not among the allowed gets no permission.
const readOrigin = `#set($origin = $input.params("Origin"))
#if($origin == "")#set($origin = $input.params("origin"))#end
`;
const pickLocalOrigin = `${readOrigin}#set($local = $origin.replace("127.0.0.1", "localhost").replace("[::1]", "localhost"))
#if($local.matches("https?://localhost(:[0-9]{1,5})?"))
#set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)
#end
`;
const pickOrigin = (origins) => `${readOrigin}#set($origins = "${origins}")
#foreach($allowed in $origins.split(","))
#if($allowed == $origin)
#set($context.responseOverride.header.Access-Control-Allow-Origin = $allowed)
#end
#end
`;

const underHeader = (entries) =>
  Object.fromEntries(entries.map(([name, value]) => [`method.response.header.${name}`, value]));

class ShopkeeperPlugin {
  constructor(serverless) {
    this.service = serverless.service;
    this.naming = serverless.getProvider('aws').naming;
    this.stage = serverless.getProvider('aws').getStage();
    this.deploys = serverless.processedInput.commands.includes('deploy');
    this.Refused = serverless.classes.Error;
    this.hooks = {
      'before:package:compileFunctions': () => this.eachFunction(this.pointAtAlias),
      'after:package:compileFunctions': () => this.eachFunction(this.addAlias),
      'after:package:compileEvents': () => this.finishApi(),
    };
  }

  get resources() {
    return this.service.provider.compiledCloudFormationTemplate.Resources;
  }

  eachFunction(work) {
    for (const name of this.service.getAllFunctions()) work.call(this, name, this.service.getFunction(name));
  }

  // Every event of the function then goes to the alias, as the framework does it for SnapStart.
  pointAtAlias(name, definition) {
    definition.targetAlias = { name: ALIAS, logicalId: `${this.naming.getNormalizedFunctionName(name)}LiveAlias` };
  }

  // A version that is in service stays there: scripts/release alone moves the alias on. Without LIVE_VERSIONS the
  // alias would move at once, so that only a package that nobody deploys may do without.
  addAlias(name, definition) {
    const versions = process.env.LIVE_VERSIONS;
    if (!versions && this.deploys) throw new this.Refused('Deploy with scripts/deploy.sh: it says what is in service.');
    const live = JSON.parse(versions || '{}')[name];
    const lambda = this.naming.getLambdaLogicalId(name);
    this.resources[definition.targetAlias.logicalId] = {
      Type: 'AWS::Lambda::Alias',
      DependsOn: lambda,
      Properties: {
        FunctionName: { Ref: lambda },
        FunctionVersion: live || { 'Fn::GetAtt': [definition.versionLogicalId, 'Version'] },
        Name: ALIAS,
      },
    };
    const properties = this.resources[lambda].Properties;
    properties.SnapStart = { ApplyOn: this.service.custom.snapStart };
    const { reservedConcurrency } = this.service.custom;
    const reserved = reservedConcurrency === 'declared' ? facts.functions[name].concurrency : Number(reservedConcurrency);
    if (reserved >= 0) properties.ReservedConcurrentExecutions = reserved;
  }

  finishApi() {
    const ofType = (type) => Object.keys(this.resources).filter((id) => this.resources[id].Type === type);
    const [deployment] = ofType('AWS::ApiGateway::Deployment');
    const methods = ofType('AWS::ApiGateway::Method')
      .map((id) => this.resources[id].Properties)
      .filter((properties) => properties.AuthorizationType === 'NONE') // no browser signs its calls
      .map((properties) => properties.ResourceId);
    this.resources.UndeclaredPath = this.undeclaredPath();
    methods.push({ Ref: 'UndeclaredPath' });
    for (const place of new Map(methods.map((id) => [JSON.stringify(id), id])).values()) {
      const id = `Preflight${place.Ref || 'Root'}`;
      this.resources[id] = this.preflight(place);
      this.resources[deployment].DependsOn.push(id);
    }
    delete this.resources[deployment].Properties.StageName;
    this.deployment = deployment;
    const stages = this.service.resources.Resources;
    stages.ApiStage.Properties.DeploymentId = { Ref: deployment };
  }

  // Every path that is not declared, for its preflight alone, so that a mistyped one shows as the gateway's 403.
  undeclaredPath() {
    const api = this.naming.getRestApiLogicalId();
    const root = { 'Fn::GetAtt': [api, 'RootResourceId'] };
    const Properties = { RestApiId: { Ref: api }, ParentId: root, PathPart: '{proxy+}' };
    return { Type: 'AWS::ApiGateway::Resource', Properties };
  }

  preflight(place) {
    const { origins } = this.service.custom;
    const isLocal = this.stage === 'dev' && !origins;
    const names = ['Access-Control-Allow-Origin', ...Object.keys(HEADERS)];
    return {
      Type: 'AWS::ApiGateway::Method',
      Properties: {
        RestApiId: { Ref: this.naming.getRestApiLogicalId() },
        ResourceId: place,
        HttpMethod: 'OPTIONS',
        AuthorizationType: 'NONE',
        MethodResponses: [{ StatusCode: '200', ResponseParameters: underHeader(names.map((name) => [name, false])) }],
        Integration: {
          Type: 'MOCK',
          RequestTemplates: { 'application/json': '{"statusCode": 200}' },
          IntegrationResponses: [
            {
              StatusCode: '200',
              ResponseParameters: underHeader(Object.entries(HEADERS)),
              ResponseTemplates: { 'application/json': isLocal ? pickLocalOrigin : pickOrigin(origins) },
            },
          ],
        },
      },
    };
  }
}

module.exports = ShopkeeperPlugin;
