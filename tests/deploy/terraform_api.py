"""The API in a Terraform plan, beside its routes, read into the plain model."""

import json
from typing import TYPE_CHECKING

from tests.deploy.model import Model

if TYPE_CHECKING:
    from tests.deploy.terraform import Plan


def api(plan: "Plan") -> Model:
    """Return the stage of the API, its plan, its errors and what protects it."""
    stage = plan.only("aws_api_gateway_stage") or {}
    settings = (plan.only("aws_api_gateway_method_settings") or {})["settings"][0]
    usage = plan.only("aws_api_gateway_usage_plan") or {}
    (throttle,), (quota,) = usage["throttle_settings"], usage["quota_settings"]
    acl = plan.only("aws_wafv2_web_acl")
    associated = plan.only("aws_wafv2_web_acl_association") is not None
    turns_away = acl is not None and associated and bool(acl["rule"][0]["action"][0]["block"])
    key = plan.only("aws_api_gateway_api_key") or {}
    return {
        "stage": stage["stage_name"],
        "unprotected_stages": [
            made["stage_name"] for _, made in plan.of_type("aws_api_gateway_deployment") if made.get("stage_name")
        ],
        "tracing": stage["xray_tracing_enabled"],
        "metrics": settings["metrics_enabled"],
        "rate": settings["throttling_rate_limit"],
        "burst": settings["throttling_burst_limit"],
        "access_log": json.loads(stage["access_log_settings"][0]["format"]),
        "errors": {
            kind: {
                name.removeprefix("gatewayresponse.header."): value
                for name, value in answer["response_parameters"].items()
            }
            for kind, answer in plan.of_type("aws_api_gateway_gateway_response")
        },
        "plan": {
            "rate": throttle["rate_limit"],
            "burst": throttle["burst_limit"],
            "quota": f"{quota['limit']} a {quota['period']}",
        },
        "plan_has_key": plan.only("aws_api_gateway_usage_plan_key") is not None and key.get("enabled", False),
        "rate_rule": acl["rule"][0]["statement"][0]["rate_based_statement"][0]["limit"] if acl and turns_away else None,
        "counted": [_counted(rule) for rule in acl["rule"][1:]] if acl and associated else [],
    }


def _counted(rule: Model) -> str:
    (statement,) = rule["statement"]
    groups = statement["managed_rule_group_statement"] or [{}]
    overrides = [one["count"] for one in rule["override_action"] if one["count"] and not one["none"]]
    is_plain = len(overrides) == 1 and not groups[0].get("rule_action_override")
    group = f"{rule['priority']} {groups[0].get('vendor_name')} {groups[0].get('name')}"
    return group if is_plain else f"more than counted: {rule}"
