variable "server" {
  description = "The server, as the module above describes and checks it."
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
}

variable "admin_password" {
  description = "The administrator's password, from TF_VAR_admin_password. Terraform keeps it in its state."
  type        = string
  sensitive   = true

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{24,64}$", var.admin_password))
    error_message = "The password has 24 to 64 letters, digits, dashes and underscores."
  }
}

variable "network_id" {
  description = "The id of the network the server is attached to."
  type        = string

  validation {
    condition     = length(var.network_id) > 0
    error_message = "Give the id of a network."
  }
}

variable "volume_type" {
  description = "The type of the volume."
  type        = string

  validation {
    condition     = length(var.volume_type) > 0
    error_message = "Name a volume type."
  }
}
