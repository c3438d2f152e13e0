variables {
  bucket = { name = "edp-test-backups", environment = "test" }
}

run "keeps_old_versions_for_a_time_by_default" {
  command = plan

  assert {
    condition     = output.expires && output.tags["edp-environment"] == "test"
    error_message = "Versions are kept for 90 days, and tags name the environment."
  }
}

run "keeps_old_versions_for_ever_with_0" {
  command = plan

  variables {
    bucket = { name = "edp-test-backups", environment = "test", keep_old_versions_days = 0 }
  }

  assert {
    condition     = !output.expires
    error_message = "0 keeps them for ever."
  }
}

run "has_nothing_to_expire_without_versions" {
  command = plan

  variables {
    bucket = { name = "edp-test-backups", environment = "test", versioning = false }
  }

  assert {
    condition     = !output.expires
    error_message = "Without versions there are no old ones."
  }
}

run "refuses_a_name_with_a_dot" {
  command = plan

  variables {
    bucket = {
      name        = "edp.test"
      environment = "test"
    }
  }

  expect_failures = [var.bucket]
}

run "refuses_an_environment_with_a_slash" {
  command = plan

  variables {
    bucket = {
      name        = "edp-test-backups"
      environment = "prod/eu1"
    }
  }

  expect_failures = [var.bucket]
}

run "refuses_to_keep_for_less_than_nothing" {
  command = plan

  variables {
    bucket = {
      name                   = "edp-test-backups"
      environment            = "test"
      keep_old_versions_days = -1
    }
  }

  expect_failures = [var.bucket]
}
