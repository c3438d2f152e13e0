# A server by Open Telekom Cloud's RDS.
module "server" {
  source = "../"
  server = var.server
}

data "opentelekomcloud_vpc_subnet_v1" "this" {
  name   = var.subnet
  vpc_id = var.vpc_id
}

resource "opentelekomcloud_networking_secgroup_v2" "this" {
  name        = "${var.server.name}-postgres"
  description = "Who may connect to ${var.server.name}"
}

resource "opentelekomcloud_networking_secgroup_rule_v2" "this" {
  for_each = toset(var.server.allowed_from)

  security_group_id = opentelekomcloud_networking_secgroup_v2.this.id
  direction         = "ingress"
  ethertype         = "IPv4"
  protocol          = "tcp"
  port_range_min    = 5432
  port_range_max    = 5432
  remote_ip_prefix  = each.value
}

resource "opentelekomcloud_rds_instance_v3" "this" {
  name                = var.server.name
  flavor              = var.server.machine
  availability_zone   = var.availability_zones
  ha_replication_mode = var.server.highly_available ? "async" : null
  vpc_id              = var.vpc_id
  subnet_id           = data.opentelekomcloud_vpc_subnet_v1.this.network_id
  security_group_id   = opentelekomcloud_networking_secgroup_v2.this.id
  ssl_enable          = true
  tags                = module.server.tags

  db {
    type     = "PostgreSQL"
    version  = var.server.version
    port     = 5432
    password = var.admin_password
  }

  volume {
    type               = "CLOUDSSD"
    size               = var.server.storage_gb
    disk_encryption_id = var.disk_key_id
  }

  backup_strategy {
    start_time = "01:00-02:00"
    keep_days  = var.server.backup_days
  }

  timeouts {
    create = "60m"
  }
}
