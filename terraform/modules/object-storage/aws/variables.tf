variable "bucket" {
  description = "The bucket, as the module above describes and checks it."
  type = object({
    name                   = string
    environment            = string
    versioning             = optional(bool, true)
    keep_old_versions_days = optional(number, 90)
    tags                   = optional(map(string), {})
  })
}
