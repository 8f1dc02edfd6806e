mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = {
      json = "{}"
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
