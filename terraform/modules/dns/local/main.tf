# For a laptop: the addresses as lines of a hosts file. Only A and AAAA records can be said there, and
# no wildcards; zones below localtest.me need no file at all.
module "zone" {
  source = "../"
  zone   = var.zone
}

locals {
  lines = flatten([
    for record in values(module.zone.records) : [for value in record.values : "${value} ${trimsuffix(record.fqdn, ".")}"]
    if contains(["A", "AAAA"], record.type) && !startswith(record.fqdn, "*")
  ])
}

resource "local_file" "hosts" {
  filename        = var.hosts_file
  content         = join("\n", concat(["# ${var.zone.name}, written by Terraform"], sort(local.lines), [""]))
  file_permission = "0644"
}
