mock_provider "opentelekomcloud" {}

variables {
  name_servers = ["ns1.example.net."]
  zone = {
    name        = "test.platform.example.org"
    environment = "test"
    contact     = "platform@example.org"
    records = {
      ingress = { name = "@", type = "A", values = ["198.51.100.7"] }
      owner   = { name = "_owner", type = "TXT", values = ["platform team"], ttl = 60 }
    }
  }
}

run "makes_the_zone_and_its_records" {
  command = apply

  assert {
    condition     = opentelekomcloud_dns_zone_v2.this.name == "test.platform.example.org." && opentelekomcloud_dns_zone_v2.this.email == "platform@example.org"
    error_message = "The zone has a dot at its end, and a contact."
  }

  assert {
    condition     = opentelekomcloud_dns_recordset_v2.this["owner"].records == toset(["\"platform team\""]) && opentelekomcloud_dns_recordset_v2.this["owner"].ttl == 60
    error_message = "Texts are put in quotes."
  }

  assert {
    condition     = opentelekomcloud_dns_recordset_v2.this["ingress"].name == "test.platform.example.org."
    error_message = "@ is the zone itself."
  }

  assert {
    condition     = output.zone.name == "test.platform.example.org" && output.zone.name_servers == tolist(["ns1.example.net."])
    error_message = "The zone says to whom to delegate it."
  }
}

run "refuses_a_name_server_without_its_dot" {
  command = plan

  variables {
    name_servers = ["ns1.example.net"]
  }

  expect_failures = [var.name_servers]
}
