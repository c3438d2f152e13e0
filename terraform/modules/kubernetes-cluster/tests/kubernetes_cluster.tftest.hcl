variables {
  cluster = {
    name               = "edp-test"
    environment        = "test"
    kubernetes_version = "1.33.1"
    api_allowed_from   = ["198.51.100.0/24"]
    networks           = { pods = "10.36.0.0/15", services = "10.38.0.0/18" }
    node_pools = {
      system = { machine = "m1.large", nodes = 2 }
      builds = { machine = "m1.xlarge", nodes = 1, nodes_max = 4, labels = { "edp.io/role" = "ci" } }
    }
  }
}

run "fills_in_what_was_left_out" {
  command = plan

  assert {
    condition     = output.pools.system.nodes_max == 2 && !output.pools.system.scales && output.pools.system.disk_gb == 50
    error_message = "A pool without nodes_max does not scale."
  }

  assert {
    condition     = output.pools.builds.scales && output.pools.builds.nodes_max == 4
    error_message = "A pool with nodes_max above nodes scales."
  }

  assert {
    condition     = output.pools.builds.labels == { "edp.io/role" = "ci", "edp.io/pool" = "builds" }
    error_message = "Labels name the pool, beside those that were given."
  }

  assert {
    condition     = output.tags["edp-environment"] == "test"
    error_message = "Every resource says which environment it belongs to."
  }

  assert {
    condition     = output.minor_version == "1.33"
    error_message = "The minor version has two numbers."
  }
}

run "does_not_let_tags_hide_the_environment" {
  command = plan

  variables {
    cluster = {
      name               = "edp-test"
      environment        = "test"
      kubernetes_version = "1.33.1"
      networks           = { pods = "10.36.0.0/15", services = "10.38.0.0/18" }
      node_pools         = { system = { machine = "m1.large", nodes = 1 } }
      tags               = { "edp-environment" = "prod-eu1", team = "platform" }
    }
  }

  assert {
    condition     = output.tags["edp-environment"] == "test" && output.tags["team"] == "platform"
    error_message = "A tag of the user must not claim another environment."
  }
}

run "refuses_a_name_with_capitals" {
  command = plan

  variables {
    cluster = {
      name               = "EDP"
      environment        = "test"
      kubernetes_version = "1.33.1"
      networks           = { pods = "10.36.0.0/15", services = "10.38.0.0/18" }
      node_pools         = { system = { machine = "m1.large", nodes = 1 } }
    }
  }

  expect_failures = [var.cluster]
}

run "refuses_an_environment_with_a_slash" {
  command = plan

  variables {
    cluster = {
      name               = "edp-test"
      environment        = "prod/eu1"
      kubernetes_version = "1.33.1"
      networks           = { pods = "10.36.0.0/15", services = "10.38.0.0/18" }
      node_pools         = { system = { machine = "m1.large", nodes = 1 } }
    }
  }

  expect_failures = [var.cluster]
}

run "refuses_a_floating_version" {
  command = plan

  variables {
    cluster = {
      name               = "edp-test"
      environment        = "test"
      kubernetes_version = "1.33"
      networks           = { pods = "10.36.0.0/15", services = "10.38.0.0/18" }
      node_pools         = { system = { machine = "m1.large", nodes = 1 } }
    }
  }

  expect_failures = [var.cluster]
}

run "refuses_two_control_plane_nodes" {
  command = plan

  variables {
    cluster = {
      name                = "edp-test"
      environment         = "test"
      kubernetes_version  = "1.33.1"
      networks            = { pods = "10.36.0.0/15", services = "10.38.0.0/18" }
      node_pools          = { system = { machine = "m1.large", nodes = 1 } }
      control_plane_nodes = 2
    }
  }

  expect_failures = [var.cluster]
}

run "refuses_an_api_open_to_everybody" {
  command = plan

  variables {
    cluster = {
      name               = "edp-test"
      environment        = "test"
      kubernetes_version = "1.33.1"
      networks           = { pods = "10.36.0.0/15", services = "10.38.0.0/18" }
      node_pools         = { system = { machine = "m1.large", nodes = 1 } }
      api_allowed_from   = ["0.0.0.0/0"]
    }
  }

  expect_failures = [var.cluster]
}

run "refuses_a_host_name_as_a_range" {
  command = plan

  variables {
    cluster = {
      name               = "edp-test"
      environment        = "test"
      kubernetes_version = "1.33.1"
      networks           = { pods = "10.36.0.0/15", services = "10.38.0.0/18" }
      node_pools         = { system = { machine = "m1.large", nodes = 1 } }
      api_allowed_from   = ["office.example.org"]
    }
  }

  expect_failures = [var.cluster]
}

run "refuses_one_range_for_pods_and_services" {
  command = plan

  variables {
    cluster = {
      name               = "edp-test"
      environment        = "test"
      kubernetes_version = "1.33.1"
      networks           = { pods = "10.36.0.0/15", services = "10.36.0.0/15" }
      node_pools         = { system = { machine = "m1.large", nodes = 1 } }
    }
  }

  expect_failures = [var.cluster]
}

run "refuses_pools_without_system" {
  command = plan

  variables {
    cluster = {
      name               = "edp-test"
      environment        = "test"
      kubernetes_version = "1.33.1"
      networks           = { pods = "10.36.0.0/15", services = "10.38.0.0/18" }
      node_pools         = { builds = { machine = "m1.large", nodes = 1 } }
    }
  }

  expect_failures = [var.cluster]
}

run "refuses_a_long_pool_name" {
  command = plan

  variables {
    cluster = {
      name               = "edp-test"
      environment        = "test"
      kubernetes_version = "1.33.1"
      networks           = { pods = "10.36.0.0/15", services = "10.38.0.0/18" }
      node_pools         = { system = { machine = "m", nodes = 1 }, a-pool-with-a-long-name = { machine = "m", nodes = 1 } }
    }
  }

  expect_failures = [var.cluster]
}

run "refuses_a_pool_that_shrinks_below_itself" {
  command = plan

  variables {
    cluster = {
      name               = "edp-test"
      environment        = "test"
      kubernetes_version = "1.33.1"
      networks           = { pods = "10.36.0.0/15", services = "10.38.0.0/18" }
      node_pools         = { system = { machine = "m", nodes = 3, nodes_max = 2 } }
    }
  }

  expect_failures = [var.cluster]
}

run "refuses_a_tiny_disk" {
  command = plan

  variables {
    cluster = {
      name               = "edp-test"
      environment        = "test"
      kubernetes_version = "1.33.1"
      networks           = { pods = "10.36.0.0/15", services = "10.38.0.0/18" }
      node_pools         = { system = { machine = "m", nodes = 1, disk_gb = 5 } }
    }
  }

  expect_failures = [var.cluster]
}
