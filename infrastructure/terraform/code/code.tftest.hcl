mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = {
      json = "{}"
    }
  }

  mock_data "aws_secretsmanager_secret" {
    defaults = {
      arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:shopkeeper/prod/jwt-a1b2c3"
    }
  }

  mock_data "aws_partition" {
    defaults = {
      partition = "aws"
    }
  }

  mock_data "aws_region" {
    defaults = {
      name = "eu-central-1"
    }
  }

  mock_data "aws_caller_identity" {
    defaults = {
      account_id = "123456789012"
    }
  }
}

variables {
  stage           = "prod"
  allowed_origins = "https://shop.example"
}

run "prod_has_a_rate_rule" {
  command = plan

  assert {
    condition     = length(aws_wafv2_web_acl.rate) == 1
    error_message = "Prod must have a rate rule."
  }
}

run "every_route_reaches_an_alias" {
  command = plan

  assert {
    condition     = alltrue([for route in aws_api_gateway_integration.route : endswith(route.uri, ":live/invocations")])
    error_message = "The API must point at the aliases."
  }
}

run "dev_permits_localhost" {
  command = plan

  variables {
    stage           = "dev"
    allowed_origins = ""
  }

  assert {
    condition     = strcontains(local.pick_origin, "localhost")
    error_message = "Dev must allow localhost."
  }
}

run "only_dev_permits_localhost" {
  command = plan

  assert {
    condition     = !strcontains(local.pick_origin, "localhost")
    error_message = "Prod must not allow localhost."
  }
}

run "origins_must_be_named_elsewhere" {
  command = plan

  variables {
    stage           = "staging"
    allowed_origins = ""
  }

  expect_failures = [var.allowed_origins]
}

run "an_unknown_colour_is_refused" {
  command = plan

  variables {
    colour = "purple"
  }

  expect_failures = [var.colour]
}

run "a_setting_reaches_every_function" {
  command = plan

  variables {
    settings = { ORDER_ACCEPT_SECONDS = "300" }
  }

  assert {
    condition = alltrue([
      for function in aws_lambda_function.this : function.environment[0].variables.ORDER_ACCEPT_SECONDS == "300"
    ])
    error_message = "A setting must reach every function."
  }
}

run "an_unknown_setting_is_refused" {
  command = plan

  variables {
    settings = { ORDER_ACCEPT_MINUTES = "5" }
  }

  expect_failures = [var.settings]
}

run "prod_counts_what_awss_rules_would_turn_away" {
  command = plan

  assert {
    condition     = length([for rule in aws_wafv2_web_acl.rate[0].rule : rule if length(rule.override_action) == 1]) == 3
    error_message = "The three groups of rules must count alone."
  }
}

run "a_concurrency_that_is_no_number_is_refused" {
  command = plan

  variables {
    reserved_concurrency = "many"
  }

  expect_failures = [var.reserved_concurrency]
}
