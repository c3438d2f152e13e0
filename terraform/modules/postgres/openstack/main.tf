# A server by OpenStack Trove. Trove has no second machine and no backup schedule: see the checks.
module "server" {
  source = "../"
  server = var.server
}

data "openstack_compute_flavor_v2" "this" {
  name = var.server.machine
}

resource "openstack_db_instance_v1" "this" {
  name        = var.server.name
  flavor_id   = data.openstack_compute_flavor_v2.this.id
  size        = var.server.storage_gb
  volume_type = var.volume_type

  datastore {
    type    = "postgresql"
    version = var.server.version
  }

  network {
    uuid = var.network_id
  }

  timeouts {
    create = "60m"
  }
}

resource "openstack_db_database_v1" "this" {
  name        = var.server.database
  instance_id = openstack_db_instance_v1.this.id
}

resource "openstack_db_user_v1" "administrator" {
  name        = module.server.administrator
  instance_id = openstack_db_instance_v1.this.id
  password    = var.admin_password
  databases   = [openstack_db_database_v1.this.name]
}

check "what_trove_does_not_do" {
  assert {
    condition     = !var.server.highly_available && length(var.server.allowed_from) == 0
    error_message = "Trove makes no second machine and no firewall: highly_available and allowed_from have no effect."
  }
}
