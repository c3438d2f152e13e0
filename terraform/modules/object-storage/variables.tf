variable "bucket" {
  description = <<-EOT
    The bucket, in words that mean the same with every provider.
    `name`: unique, often among all customers of the provider. `environment`: as promotion.yaml names it.
    `versioning`: keep what is overwritten or deleted. `keep_old_versions_days`: for how long;
    0 keeps them for ever, and so does a provider that cannot expire them.
  EOT
  type = object({
    name                   = string
    environment            = string
    versioning             = optional(bool, true)
    keep_old_versions_days = optional(number, 90)
    tags                   = optional(map(string), {})
  })

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.bucket.name))
    error_message = "A bucket's name has 3 to 63 lower case letters, digits and dashes."
  }

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,30}$", var.bucket.environment))
    error_message = "An environment is named like \"prod-eu1\": lower case letters, digits and dashes."
  }

  validation {
    condition     = var.bucket.keep_old_versions_days >= 0 && var.bucket.keep_old_versions_days <= 3650
    error_message = "Old versions are kept for at most 3650 days; 0 keeps them for ever."
  }
}
