mock_provider "opentelekomcloud" {
  mock_resource "opentelekomcloud_rds_instance_v3" {
    defaults = {
      private_ips = ["10.42.80.5"]
    }
  }
}

variables {
  admin_password     = "a-password-of-24-letters"
  vpc_id             = "edp"
  subnet             = "edp-prod-eu1"
  disk_key_id        = "key-1"
  availability_zones = ["eu-de-01", "eu-de-02"]
  server = {
    name             = "edp-prod-eu1"
    environment      = "prod-eu1"
    version          = "16"
    machine          = "rds.pg.n1.large.4.ha"
    storage_gb       = 100
    highly_available = true
    backup_days      = 14
    allowed_from     = ["10.42.64.0/20"]
  }
}

run "makes_a_highly_available_encrypted_server" {
  command = apply

  assert {
    condition     = opentelekomcloud_rds_instance_v3.this.ha_replication_mode == "async" && opentelekomcloud_rds_instance_v3.this.volume[0].disk_encryption_id == "key-1"
    error_message = "Two machines, encrypted disks."
  }

  assert {
    condition     = opentelekomcloud_rds_instance_v3.this.backup_strategy[0].keep_days == 14 && opentelekomcloud_rds_instance_v3.this.ssl_enable
    error_message = "Backups are kept for two weeks, connections are encrypted."
  }

  assert {
    condition     = keys(opentelekomcloud_networking_secgroup_rule_v2.this) == ["10.42.64.0/20"]
    error_message = "Only the given ranges connect."
  }

  assert {
    condition     = output.connection.host == "10.42.80.5" && !strcontains(jsonencode(output.connection), "a-password-of-24-letters")
    error_message = "The server says how to reach it, without the password."
  }
}

run "refuses_one_zone_for_two_machines" {
  command = plan

  variables {
    availability_zones = ["eu-de-01"]
  }

  expect_failures = [var.availability_zones]
}
