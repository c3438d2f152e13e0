variable "server" {
  description = <<-EOT
    The database server, in words that mean the same with every provider.
    `name`: unique in the account. `environment`: as promotion.yaml names it. `version`: the major version.
    `machine`: the provider's word for a size. `database`: made with the server, where the provider can.
    `highly_available`: a second machine that takes over. `backup_days`: how long backups are kept.
    `allowed_from`: ranges that may connect.
  EOT
  type = object({
    name             = string
    environment      = string
    version          = string
    machine          = string
    storage_gb       = number
    database         = optional(string, "platform")
    highly_available = optional(bool, false)
    backup_days      = optional(number, 7)
    allowed_from     = optional(list(string), [])
    tags             = optional(map(string), {})
  })

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}[a-z0-9]$", var.server.name))
    error_message = "A server's name has 3 to 40 lower case letters, digits and dashes, and starts with a letter."
  }

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,30}$", var.server.environment))
    error_message = "An environment is named like \"prod-eu1\": lower case letters, digits and dashes."
  }

  validation {
    condition     = can(regex("^1[4-9]$", var.server.version))
    error_message = "Give the major version only, like \"16\": the provider patches it."
  }

  validation {
    condition     = var.server.storage_gb >= 10 && var.server.storage_gb <= 16000
    error_message = "Storage is between 10 and 16000 GB."
  }

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{0,62}$", var.server.database)) && !contains(["postgres", "template0", "template1", "rdsadmin"], var.server.database)
    error_message = "A database's name has lower case letters, digits and underscores, and is not one the server has anyway."
  }

  validation {
    condition     = var.server.backup_days >= 1 && var.server.backup_days <= 35
    error_message = "Backups are kept for 1 to 35 days; there is no server without them."
  }

  validation {
    condition     = alltrue([for range in var.server.allowed_from : can(cidrnetmask(range)) && !endswith(range, "/0")])
    error_message = "allowed_from holds IPv4 ranges, and never all addresses."
  }
}
