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

variable "endpoint" {
  description = "Where S3 clients find the service, which its API does not tell."
  type        = string
  default     = "https://obs.eu-de.otc.t-systems.com"

  validation {
    condition     = startswith(var.endpoint, "https://")
    error_message = "The endpoint is a https URL."
  }
}
