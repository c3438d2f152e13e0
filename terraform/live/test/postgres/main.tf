# The cloud and the account come from OS_CLOUD, or from OS_AUTH_URL and its siblings.
provider "openstack" {}

data "openstack_networking_network_v2" "platform" {
  name = "platform"
}

module "server" {
  source         = "../../../modules/postgres/openstack"
  admin_password = var.admin_password
  network_id     = data.openstack_networking_network_v2.platform.id
  volume_type    = "ssd"

  server = {
    name        = "edp-test"
    environment = "test"
    version     = "16"
    machine     = "m1.medium"
    storage_gb  = 20
  }
}
