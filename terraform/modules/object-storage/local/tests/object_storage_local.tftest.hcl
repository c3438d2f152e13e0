mock_provider "docker" {}

variables {
  secret_key = "0123456789abcdefghijKLMN"
  bucket     = { name = "edp-dev-backups", environment = "dev" }
}

run "serves_on_this_machine_only" {
  command = plan

  assert {
    condition     = docker_container.this.ports[0].ip == "127.0.0.1" && output.bucket.endpoint == "http://127.0.0.1:8333"
    error_message = "Nothing is opened to the network."
  }

  assert {
    condition     = !strcontains(join(" ", docker_container.this.command), var.secret_key) && strcontains(one(docker_container.this.upload).content, var.secret_key)
    error_message = "The secret is in a file, not in the arguments."
  }
}

run "refuses_a_short_secret" {
  command = plan

  variables {
    secret_key = "short"
  }

  expect_failures = [var.secret_key]
}
