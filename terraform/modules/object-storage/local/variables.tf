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

variable "image" {
  description = "The image of SeaweedFS, best with its digest."
  type        = string
  default     = "chrislusf/seaweedfs:3.97"

  validation {
    condition     = can(regex(":[0-9][0-9.]+(@sha256:[0-9a-f]{64})?$", var.image))
    error_message = "Give an exact version, like \"chrislusf/seaweedfs:3.97\"."
  }
}

variable "port" {
  description = "The port on 127.0.0.1 where S3 clients find it."
  type        = number
  default     = 8333

  validation {
    condition     = var.port >= 1024 && var.port <= 65535
    error_message = "Take a port from 1024 to 65535."
  }
}

variable "secret_key" {
  description = "The secret key of the only user; its access key is the bucket's name."
  type        = string
  sensitive   = true

  validation {
    condition     = can(regex("^[A-Za-z0-9]{20,128}$", var.secret_key))
    error_message = "The secret key has 20 to 128 letters and digits."
  }
}
