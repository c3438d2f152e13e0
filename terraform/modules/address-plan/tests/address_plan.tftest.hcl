run "cuts_the_range_into_its_parts" {
  command = apply

  variables {
    environment  = "dev"
    network_cidr = "10.32.0.0/14"
  }

  assert {
    condition     = output.ranges.pods == "10.32.0.0/15"
    error_message = "Pods take the first half."
  }

  assert {
    condition     = output.ranges.services == "10.34.0.0/18"
    error_message = "Services follow the pods."
  }

  assert {
    condition     = output.ranges.nodes == "10.34.64.0/20"
    error_message = "Nodes follow the services."
  }

  assert {
    condition     = output.ranges.databases == "10.34.80.0/22"
    error_message = "Databases come last."
  }
}

run "keeps_what_is_there_when_a_part_is_added_at_the_end" {
  command = apply

  variables {
    environment  = "dev"
    network_cidr = "10.32.0.0/14"
    ranges = [
      { name = "pods", new_bits = 1 },
      { name = "services", new_bits = 4 },
      { name = "nodes", new_bits = 6 },
      { name = "databases", new_bits = 8 },
      { name = "caches", new_bits = 8 },
    ]
  }

  assert {
    condition     = output.ranges.databases == run.cuts_the_range_into_its_parts.ranges.databases
    error_message = "A new part must not move the others."
  }
}

run "refuses_a_range_that_is_none" {
  command = plan

  variables {
    environment  = "dev"
    network_cidr = "10.32.0.0"
  }

  expect_failures = [var.network_cidr]
}

run "refuses_a_range_given_by_an_address_inside_it" {
  command = plan

  variables {
    environment  = "dev"
    network_cidr = "10.32.7.1/14"
  }

  expect_failures = [var.network_cidr]
}

run "refuses_a_small_range" {
  command = plan

  variables {
    environment  = "dev"
    network_cidr = "10.32.0.0/24"
  }

  expect_failures = [var.network_cidr]
}

run "refuses_two_parts_of_one_name" {
  command = plan

  variables {
    environment  = "dev"
    network_cidr = "10.32.0.0/14"
    ranges       = [{ name = "pods", new_bits = 1 }, { name = "pods", new_bits = 2 }]
  }

  expect_failures = [var.ranges]
}

run "refuses_an_environment_with_a_slash" {
  command = plan

  variables {
    environment  = "prod/eu1"
    network_cidr = "10.32.0.0/14"
  }

  expect_failures = [var.environment]
}
