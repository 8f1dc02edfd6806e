"""The API of a CloudFormation template, read into the plain model."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from tests.deploy.model import SIGNED, Model

if TYPE_CHECKING:
    from tests.deploy.cloudformation import Template

SIGNED_AND_KEYED: list[Model] = [{"AWS_IAM": []}, {"api_key": []}]
SCHEMES = {
    "AWS_IAM": {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authtype": "awsSigv4",
    },
    "api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
}
"""How a document asks for a signature and a key (Amazon API Gateway Developer Guide, "OpenAPI extensions")."""

Routes = dict[str, tuple[str, str]]
"""The URIs that routes invoke, each with the calls that it takes: any, or only signed ones."""


def routes_of_body(body: Model) -> tuple[Routes, Model]:
    """Return the routes and the preflights of an API that is described by a document."""
    routes: Routes = {}
    preflights: Model = {}
    for path, methods in body["paths"].items():
        for method, operation in methods.items():
            integration = operation["x-amazon-apigateway-integration"]
            if method == "options":
                (answer,) = integration["responses"].values()
                preflights[path] = {
                    "type": integration["type"].upper(),
                    "request": integration["requestTemplates"],
                    "headers": _header_names(answer["responseParameters"]),
                    "template": answer["responseTemplates"],
                }
            else:
                route = f"{method.upper()} {path}"
                security = operation.get("security", [])
                assert security in ([], SIGNED_AND_KEYED), f"{route} is behind an authorizer: {security}"
                assert not security or body["components"]["securitySchemes"] == SCHEMES, "nothing would be asked for"
                assert "credentials" not in integration, f"{route} invokes as its caller"
                routes[route] = (integration["uri"], SIGNED if security else "")
    return routes, preflights


def routes_of_resources(template: "Template") -> tuple[Routes, Model]:
    """Return the routes and the preflights of an API that is made of resources and methods."""
    parts = {f"<{name}>": properties for name, properties in template.of_type("AWS::ApiGateway::Resource")}

    def path(place: str) -> str:
        if place not in parts:
            return ""
        return f"{path(parts[place]['ParentId'])}/{parts[place]['PathPart']}"

    routes: Routes = {}
    preflights: Model = {}
    for _, method in template.of_type("AWS::ApiGateway::Method"):
        where = path(method["ResourceId"]) or "/"
        integration = method["Integration"]
        if method["HttpMethod"] == "OPTIONS":
            (answer,) = integration["IntegrationResponses"]
            preflights[where] = {
                "type": integration["Type"],
                "request": integration["RequestTemplates"],
                "headers": _header_names(answer["ResponseParameters"]),
                "template": answer["ResponseTemplates"],
            }
        else:
            route = f"{method['HttpMethod']} {where}"
            known = {"NONE": "", "AWS_IAM": SIGNED}.get(method["AuthorizationType"])
            is_keyed = bool(method.get("ApiKeyRequired"))
            is_known = known is not None and is_keyed == bool(known) and "Credentials" not in integration
            routes[route] = (integration["Uri"], known or "") if is_known else ("behind an authorizer", "")
    return routes, preflights


def _header_names(parameters: Mapping[str, str]) -> dict[str, str]:
    return {name.removeprefix("method.response.header."): value for name, value in parameters.items()}


def api(template: "Template", body: Model | None) -> Model:
    stage = template.only("AWS::ApiGateway::Stage") or {}
    (settings,) = stage["MethodSettings"]
    plan = template.only("AWS::ApiGateway::UsagePlan") or {}
    acl = template.only("AWS::WAFv2::WebACL")
    associated = template.only("AWS::WAFv2::WebACLAssociation") is not None
    turns_away = acl is not None and associated and "Block" in acl["Rules"][0]["Action"]
    key = template.only("AWS::ApiGateway::ApiKey") or {}
    deployments = [deployment for _, deployment in template.of_type("AWS::ApiGateway::Deployment")]
    return {
        "stage": stage["StageName"],
        "unprotected_stages": [deployment["StageName"] for deployment in deployments if "StageName" in deployment],
        "tracing": stage.get("TracingEnabled", False),
        "metrics": settings.get("MetricsEnabled", False),
        "rate": settings.get("ThrottlingRateLimit"),
        "burst": settings.get("ThrottlingBurstLimit"),
        "access_log": json.loads(stage["AccessLogSetting"]["Format"]),
        "errors": _gateway_responses(template, body),
        "plan": {
            "rate": plan["Throttle"]["RateLimit"],
            "burst": plan["Throttle"]["BurstLimit"],
            "quota": f"{plan['Quota']['Limit']} a {plan['Quota']['Period']}",
        },
        "plan_has_key": template.only("AWS::ApiGateway::UsagePlanKey") is not None and key.get("Enabled", False),
        "rate_rule": acl["Rules"][0]["Statement"]["RateBasedStatement"]["Limit"] if acl and turns_away else None,
        "counted": [_counted(rule) for rule in acl["Rules"][1:]] if acl and associated else [],
    }


def _counted(rule: Model) -> str:
    """Return the group of rules whose hits are only counted; anything else is named as it stands."""
    group = rule["Statement"].get("ManagedRuleGroupStatement", {})
    is_plain = rule.get("OverrideAction") == {"Count": {}} and set(group) == {"VendorName", "Name"}
    return f"{rule['Priority']} {group['VendorName']} {group['Name']}" if is_plain else f"more than counted: {rule}"


def _gateway_responses(template: "Template", body: Model | None) -> Model:
    if body:
        declared = body["x-amazon-apigateway-gateway-responses"].items()
        found = {kind: answer["responseParameters"] for kind, answer in declared}
    else:
        answers = template.of_type("AWS::ApiGateway::GatewayResponse")
        found = {answer["ResponseType"]: answer["ResponseParameters"] for _, answer in answers}
    return {
        kind: {name.removeprefix("gatewayresponse.header."): value for name, value in parameters.items()}
        for kind, parameters in found.items()
    }
