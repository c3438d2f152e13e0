mock_provider "docker" {}

variables {
  admin_password = "a-password-of-24-letters"
  server         = { name = "edp-dev", environment = "dev", version = "16", machine = "container", storage_gb = 10 }
}

run "keeps_the_password_out_of_the_environment" {
  command = plan

  assert {
    condition     = contains(docker_container.this.env, "POSTGRES_PASSWORD_FILE=/run/admin-password") && !strcontains(join(" ", docker_container.this.env), "a-password-of-24-letters")
    error_message = "The password is in a file."
  }

  assert {
    condition     = docker_container.this.ports[0].ip == "127.0.0.1"
    error_message = "Nothing is opened to the network."
  }

  assert {
    condition     = output.connection.port == 5432 && output.connection.administrator == "platform_admin"
    error_message = "The server says how to reach it."
  }
}

run "refuses_a_weak_password" {
  command = plan

  variables {
    admin_password = "postgres"
  }

  expect_failures = [var.admin_password]
}

run "refuses_an_image_of_another_version" {
  command = plan

  variables {
    image = "postgres:15.3-bookworm"
  }

  expect_failures = [var.image]
}
