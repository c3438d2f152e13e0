variables {
  zone = {
    name        = "test.platform.example.org"
    environment = "test"
    contact     = "platform@example.org"
    records = {
      ingress = { name = "@", type = "A", values = ["198.51.100.7", "198.51.100.2"] }
      all     = { name = "*", type = "CNAME", values = ["test.platform.example.org."], ttl = 60 }
      owner   = { name = "_owner", type = "TXT", values = ["platform team"] }
    }
  }
}

run "names_records_in_full" {
  command = plan

  assert {
    condition     = output.fqdn == "test.platform.example.org."
    error_message = "Providers want the dot at the end."
  }

  assert {
    condition     = output.records.ingress == { fqdn = "test.platform.example.org.", type = "A", values = tolist(["198.51.100.2", "198.51.100.7"]), ttl = 300 }
    error_message = "@ is the zone itself, with the zone's time to live and sorted values."
  }

  assert {
    condition     = output.records.all.fqdn == "*.test.platform.example.org." && output.records.all.ttl == 60
    error_message = "A record's own time to live wins."
  }
}

run "accepts_a_zone_without_records" {
  command = plan

  variables {
    zone = { name = "example.org", environment = "dev", contact = "platform@example.org" }
  }

  assert {
    condition     = length(output.records) == 0
    error_message = "A zone may be empty."
  }
}

run "refuses_a_zone_with_a_dot_at_its_end" {
  command = plan

  variables {
    zone = {
      name        = "test.example.org."
      environment = "test"
      contact     = "platform@example.org"
    }
  }

  expect_failures = [var.zone]
}

run "refuses_an_environment_with_a_slash" {
  command = plan

  variables {
    zone = {
      name        = "test.platform.example.org"
      environment = "prod/eu1"
      contact     = "platform@example.org"
    }
  }

  expect_failures = [var.zone]
}

run "refuses_a_contact_that_is_no_mail_address" {
  command = plan

  variables {
    zone = {
      name        = "test.platform.example.org"
      environment = "test"
      contact     = "platform team"
    }
  }

  expect_failures = [var.zone]
}

run "refuses_a_time_to_live_of_a_second" {
  command = plan

  variables {
    zone = {
      name        = "test.platform.example.org"
      environment = "test"
      contact     = "platform@example.org"
      ttl         = 1
    }
  }

  expect_failures = [var.zone]
}

run "refuses_a_records_time_to_live_of_a_week" {
  command = plan

  variables {
    zone = {
      name        = "test.platform.example.org"
      environment = "test"
      contact     = "platform@example.org"
      records     = { it = { name = "a", type = "A", values = ["198.51.100.7"], ttl = 604800 } }
    }
  }

  expect_failures = [var.zone]
}

run "refuses_a_record_named_in_full" {
  command = plan

  variables {
    zone = {
      name        = "test.platform.example.org"
      environment = "test"
      contact     = "platform@example.org"
      records     = { it = { name = "a.test.example.org.", type = "A", values = ["198.51.100.7"] } }
    }
  }

  expect_failures = [var.zone]
}

run "refuses_an_unknown_type" {
  command = plan

  variables {
    zone = {
      name        = "test.platform.example.org"
      environment = "test"
      contact     = "platform@example.org"
      records     = { it = { name = "a", type = "ALIAS", values = ["198.51.100.7"] } }
    }
  }

  expect_failures = [var.zone]
}

run "refuses_a_record_without_values" {
  command = plan

  variables {
    zone = {
      name        = "test.platform.example.org"
      environment = "test"
      contact     = "platform@example.org"
      records     = { it = { name = "a", type = "TXT", values = [] } }
    }
  }

  expect_failures = [var.zone]
}

run "refuses_a_host_name_in_an_a_record" {
  command = plan

  variables {
    zone = {
      name        = "test.platform.example.org"
      environment = "test"
      contact     = "platform@example.org"
      records     = { it = { name = "a", type = "A", values = ["b.example.org"] } }
    }
  }

  expect_failures = [var.zone]
}

run "refuses_two_targets_of_a_cname" {
  command = plan

  variables {
    zone = {
      name        = "test.platform.example.org"
      environment = "test"
      contact     = "platform@example.org"
      records     = { it = { name = "a", type = "CNAME", values = ["b.example.org.", "c.example.org."] } }
    }
  }

  expect_failures = [var.zone]
}

run "refuses_a_cname_for_the_zone" {
  command = plan

  variables {
    zone = {
      name        = "test.platform.example.org"
      environment = "test"
      contact     = "platform@example.org"
      records     = { it = { name = "@", type = "CNAME", values = ["b.example.org."] } }
    }
  }

  expect_failures = [var.zone]
}

run "refuses_a_cname_without_its_dot" {
  command = plan

  variables {
    zone = {
      name        = "test.platform.example.org"
      environment = "test"
      contact     = "platform@example.org"
      records     = { it = { name = "a", type = "CNAME", values = ["b.example.org"] } }
    }
  }

  expect_failures = [var.zone]
}

run "refuses_one_record_given_twice" {
  command = plan

  variables {
    zone = {
      name        = "test.platform.example.org"
      environment = "test"
      contact     = "platform@example.org"
      records     = { it = { name = "a", type = "TXT", values = ["x"] }, again = { name = "a", type = "TXT", values = ["y"] } }
    }
  }

  expect_failures = [var.zone]
}
