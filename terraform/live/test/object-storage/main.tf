# The cloud and the account come from OS_CLOUD, or from OS_AUTH_URL and its siblings.
provider "openstack" {}

module "backups" {
  source   = "../../../modules/object-storage/openstack"
  endpoint = "https://object-store.example.net"

  bucket = {
    name        = "edp-test-backups"
    environment = "test"
  }
}
