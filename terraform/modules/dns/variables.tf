variable "zone" {
  description = <<-EOT
    The zone and what is in it. `name`: without a dot at its end. `environment`: as promotion.yaml names it.
    `contact`: who answers for the zone. `ttl`: seconds, for records without one of their own.
    `records`: by a key of your choice, which stays when the rest changes; `name` is relative to the zone,
    `@` is the zone itself and `*` whatever has no record of its own.
  EOT
  type = object({
    name        = string
    environment = string
    contact     = string
    ttl         = optional(number, 300)
    records = optional(map(object({
      name   = string
      type   = string
      values = list(string)
      ttl    = optional(number)
    })), {})
    tags = optional(map(string), {})
  })

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", var.zone.name))
    error_message = "A zone is named like \"test.platform.example.org\": lower case, no dot at its end."
  }

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,30}$", var.zone.environment))
    error_message = "An environment is named like \"prod-eu1\": lower case letters, digits and dashes."
  }

  validation {
    condition     = can(regex("^[^@ ]+@[^@ ]+\\.[a-z]+$", var.zone.contact))
    error_message = "The contact is a mail address."
  }

  validation {
    condition     = alltrue([for ttl in concat([var.zone.ttl], values(var.zone.records)[*].ttl) : try(ttl >= 30 && ttl <= 86400, ttl == null)])
    error_message = "A time to live is between 30 seconds and a day (86400)."
  }

  validation {
    condition     = alltrue([for record in values(var.zone.records) : can(regex("^(@|(\\*\\.)?[a-z0-9_]([a-z0-9_.-]{0,200}[a-z0-9])?|\\*)$", record.name))])
    error_message = "A record's name is relative to the zone, like \"grafana\", \"*\" or \"@\"."
  }

  validation {
    condition     = alltrue([for record in values(var.zone.records) : contains(["A", "AAAA", "CAA", "CNAME", "MX", "NS", "TXT"], record.type)])
    error_message = "Types are A, AAAA, CAA, CNAME, MX, NS and TXT."
  }

  validation {
    condition     = alltrue([for record in values(var.zone.records) : length(record.values) > 0 && length(distinct(record.values)) == length(record.values)])
    error_message = "A record has one value at least, and none twice."
  }

  validation {
    condition     = alltrue(flatten([for record in values(var.zone.records) : [for value in record.values : record.type != "A" || can(cidrnetmask("${value}/32"))]]))
    error_message = "The values of an A record are IPv4 addresses."
  }

  validation {
    condition     = alltrue([for record in values(var.zone.records) : record.type != "CNAME" || (length(record.values) == 1 && record.name != "@" && endswith(join("", record.values), "."))])
    error_message = "A CNAME has one value, which ends with a dot, and cannot stand for the zone itself."
  }

  validation {
    condition     = length(distinct([for record in values(var.zone.records) : "${record.name} ${record.type}"])) == length(var.zone.records)
    error_message = "Name and type of a record are given once: put all values into one record."
  }
}
