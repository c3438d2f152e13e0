# Credentials come from the environment, best from a role for this environment alone.
provider "aws" {
  region = "us-east-1"
}

module "zone" {
  source = "../../../modules/dns/aws"

  zone = {
    name        = "us1.platform.example.org"
    environment = "prod-us1"
    contact     = "platform@example.org"

    records = {
      ingress = { name = "@", type = "A", values = ["198.51.100.30"] }
      all     = { name = "*", type = "CNAME", values = ["us1.platform.example.org."] }
    }
  }
}
