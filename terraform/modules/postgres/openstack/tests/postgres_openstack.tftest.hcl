mock_provider "openstack" {
  mock_resource "openstack_db_instance_v1" {
    defaults = {
      addresses = ["10.38.80.5"]
    }
  }
}

variables {
  admin_password = "a-password-of-24-letters"
  volume_type    = "ssd"
  network_id     = "c0612505-caf2-4fb0-b7cb-56a0240a2b12"
  server         = { name = "edp-test", environment = "test", version = "16", machine = "m1.medium", storage_gb = 20 }
}

run "makes_a_server_a_database_and_an_administrator" {
  command = apply

  assert {
    condition     = openstack_db_instance_v1.this.datastore[0].type == "postgresql" && openstack_db_instance_v1.this.size == 20
    error_message = "It is PostgreSQL, of the given size."
  }

  assert {
    condition     = openstack_db_user_v1.administrator.databases == toset(["platform"])
    error_message = "The administrator has this database."
  }

  assert {
    condition     = output.connection.host == "10.38.80.5" && !strcontains(jsonencode(output.connection), "a-password-of-24-letters")
    error_message = "The server says how to reach it, without the password."
  }
}

run "says_what_trove_cannot_do" {
  command = plan

  variables {
    server = { name = "edp-test", environment = "test", version = "16", machine = "m1.medium", storage_gb = 20, highly_available = true }
  }

  expect_failures = [check.what_trove_does_not_do]
}
