module "zone" {
  source     = "../../../modules/dns/local"
  hosts_file = "edp.hosts"

  zone = {
    name        = "dev.platform.example.org"
    environment = "dev"
    contact     = "platform@example.org"

    records = {
      ingress = { name = "@", type = "A", values = ["127.0.0.1"] }
      all     = { name = "*", type = "CNAME", values = ["dev.platform.example.org."] }
    }
  }
}
