# In prod, an address that asks too often is turned away.
resource "aws_wafv2_web_acl" "rate" {
  count = var.stage == "prod" ? 1 : 0

  name  = local.name
  scope = "REGIONAL"

  default_action {
    allow {}
  }

  rule {
    name     = "rate"
    priority = 0

    action {
      block {}
    }

    statement {
      rate_based_statement {
        aggregate_key_type = "IP"
        limit              = 2000
      }
    }

    visibility_config {
      metric_name                = "rate"
      cloudwatch_metrics_enabled = true
      sampled_requests_enabled   = false
    }
  }

  # What AWS's rules would turn away is counted, and let through.
  dynamic "rule" {
    for_each = {
      common     = { priority = 1, group = "AWSManagedRulesCommonRuleSet" }
      bad-inputs = { priority = 2, group = "AWSManagedRulesKnownBadInputsRuleSet" }
      reputation = { priority = 3, group = "AWSManagedRulesAmazonIpReputationList" }
    }
    content {
      name     = rule.key
      priority = rule.value.priority

      override_action {
        count {}
      }

      statement {
        managed_rule_group_statement {
          vendor_name = "AWS"
          name        = rule.value.group
        }
      }

      visibility_config {
        metric_name                = rule.key
        cloudwatch_metrics_enabled = true
        sampled_requests_enabled   = false
      }
    }
  }

  visibility_config {
    metric_name                = "shopkeeper"
    cloudwatch_metrics_enabled = true
    sampled_requests_enabled   = false
  }
}

resource "aws_wafv2_web_acl_association" "rate" {
  count = var.stage == "prod" ? 1 : 0

  resource_arn = aws_api_gateway_stage.this.arn
  web_acl_arn  = aws_wafv2_web_acl.rate[0].arn
}
