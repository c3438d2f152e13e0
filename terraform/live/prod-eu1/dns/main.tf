# The account comes from OS_AUTH_URL, OS_DOMAIN_NAME and their siblings, or AWS-like keys for OBS.
provider "opentelekomcloud" {
  region = "eu-de"
}

module "zone" {
  source = "../../../modules/dns/opentelekomcloud"

  zone = {
    name        = "eu1.platform.example.org"
    environment = "prod-eu1"
    contact     = "platform@example.org"

    records = {
      ingress = { name = "@", type = "A", values = ["198.51.100.20"] }
      all     = { name = "*", type = "CNAME", values = ["eu1.platform.example.org."] }
    }
  }
}
