# The cloud and the account come from OS_CLOUD, or from OS_AUTH_URL and its siblings.
provider "openstack" {}

module "zone" {
  source       = "../../../modules/dns/openstack"
  name_servers = ["ns1.example.net.", "ns2.example.net."]

  zone = {
    name        = "test.platform.example.org"
    environment = "test"
    contact     = "platform@example.org"

    records = {
      ingress = { name = "@", type = "A", values = ["198.51.100.10"] }
      all     = { name = "*", type = "CNAME", values = ["test.platform.example.org."] }
    }
  }
}
