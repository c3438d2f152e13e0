variables {
  server = { name = "edp-test", environment = "test", version = "16", machine = "m1.medium", storage_gb = 20 }
}

run "names_the_environment_on_everything" {
  command = plan

  variables {
    server = { name = "edp-test", environment = "test", version = "16", machine = "m1.medium", storage_gb = 20, tags = { "edp-environment" = "prod-eu1", team = "platform" } }
  }

  assert {
    condition     = output.tags == { "edp-environment" = "test", "edp-managed-by" = "terraform", team = "platform" }
    error_message = "A tag of the user must not claim another environment."
  }
}

run "has_an_administrator_of_its_own" {
  command = plan

  assert {
    condition     = output.administrator == "platform_admin"
    error_message = "The administrator is not postgres, which providers keep to themselves."
  }
}

run "refuses_a_name_that_starts_with_a_digit" {
  command = plan

  variables {
    server = {
      name        = "1-edp"
      environment = "test"
      version     = "16"
      machine     = "m1.medium"
      storage_gb  = 20
    }
  }

  expect_failures = [var.server]
}

run "refuses_an_environment_with_a_slash" {
  command = plan

  variables {
    server = {
      name        = "edp-test"
      environment = "prod/eu1"
      version     = "16"
      machine     = "m1.medium"
      storage_gb  = 20
    }
  }

  expect_failures = [var.server]
}

run "refuses_a_patch_version" {
  command = plan

  variables {
    server = {
      name        = "edp-test"
      environment = "test"
      version     = "16.3"
      machine     = "m1.medium"
      storage_gb  = 20
    }
  }

  expect_failures = [var.server]
}

run "refuses_a_version_without_support" {
  command = plan

  variables {
    server = {
      name        = "edp-test"
      environment = "test"
      version     = "9"
      machine     = "m1.medium"
      storage_gb  = 20
    }
  }

  expect_failures = [var.server]
}

run "refuses_a_tiny_disk" {
  command = plan

  variables {
    server = {
      name        = "edp-test"
      environment = "test"
      version     = "16"
      machine     = "m1.medium"
      storage_gb  = 1
    }
  }

  expect_failures = [var.server]
}

run "refuses_the_database_of_the_server_itself" {
  command = plan

  variables {
    server = {
      name        = "edp-test"
      environment = "test"
      version     = "16"
      machine     = "m1.medium"
      storage_gb  = 20
      database    = "postgres"
    }
  }

  expect_failures = [var.server]
}

run "refuses_a_server_without_backups" {
  command = plan

  variables {
    server = {
      name        = "edp-test"
      environment = "test"
      version     = "16"
      machine     = "m1.medium"
      storage_gb  = 20
      backup_days = 0
    }
  }

  expect_failures = [var.server]
}

run "refuses_connections_from_everywhere" {
  command = plan

  variables {
    server = {
      name         = "edp-test"
      environment  = "test"
      version      = "16"
      machine      = "m1.medium"
      storage_gb   = 20
      allowed_from = ["0.0.0.0/0"]
    }
  }

  expect_failures = [var.server]
}
