mock_provider "local" {}

variables {
  hosts_file = "edp.hosts"
  zone = {
    name        = "dev.platform.example.org"
    environment = "dev"
    contact     = "platform@example.org"
    records = {
      ingress = { name = "@", type = "A", values = ["127.0.0.1"] }
      grafana = { name = "grafana", type = "A", values = ["127.0.0.1"] }
      all     = { name = "*", type = "A", values = ["127.0.0.1"] }
      owner   = { name = "_owner", type = "TXT", values = ["platform"] }
    }
  }
}

run "writes_a_line_for_each_address" {
  command = plan

  assert {
    condition     = local_file.hosts.content == "# dev.platform.example.org, written by Terraform\n127.0.0.1 dev.platform.example.org\n127.0.0.1 grafana.dev.platform.example.org\n"
    error_message = "Texts and wildcards are no lines of a hosts file."
  }
}

run "refuses_to_overwrite_another_file" {
  command = plan

  variables {
    hosts_file = "/etc/hosts"
  }

  expect_failures = [var.hosts_file]
}
