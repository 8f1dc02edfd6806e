# Plans alone. The provider is the real one, since a mocked one has no ephemeral resources.

variables {
  stage = "dev"
}

run "dev_can_be_thrown_away" {
  command = plan

  assert {
    condition     = alltrue([for table in aws_dynamodb_table.this : !table.deletion_protection_enabled])
    error_message = "Tables of dev must go when they are told to."
  }
}

run "prod_is_protected" {
  command = plan

  variables {
    stage           = "prod"
    allowed_origins = "https://shop.example"
  }

  assert {
    condition = alltrue([
      for name, table in aws_dynamodb_table.this :
      table.deletion_protection_enabled
      && table.point_in_time_recovery[0].enabled != local.facts.tables[name].ephemeral
    ])
    error_message = "Tables of prod must be protected, and recoverable unless they are to be forgotten."
  }
}

run "origins_must_be_named_elsewhere" {
  command = plan

  variables {
    stage = "staging"
  }

  expect_failures = [var.allowed_origins]
}

run "an_unknown_stage_is_refused" {
  command = plan

  variables {
    stage           = "production"
    allowed_origins = "https://shop.example"
  }

  expect_failures = [var.stage]
}

run "an_api_is_called_by_its_own_host" {
  command = plan

  variables {
    front_colour = "green"
    front_api    = "a1b2c3d4e5"
  }

  assert {
    condition     = startswith(local.api_host, "a1b2c3d4e5.execute-api.")
    error_message = "The distribution must call the API of the colour in front."
  }
}

run "an_unknown_colour_is_refused" {
  command = plan

  variables {
    front_colour = "purple"
  }

  expect_failures = [var.front_colour]
}
