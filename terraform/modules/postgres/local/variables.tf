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

variable "port" {
  description = "The port on 127.0.0.1 where it is found."
  type        = number
  default     = 5432

  validation {
    condition     = var.port >= 1024 && var.port <= 65535
    error_message = "Take a port from 1024 to 65535."
  }
}

variable "image" {
  description = "The image of PostgreSQL, best with its digest; its version is the server's."
  type        = string
  default     = "postgres:16.10-bookworm"

  validation {
    condition     = can(regex(":${var.server.version}\\.[0-9]+-[a-z]+(@sha256:[0-9a-f]{64})?$", var.image))
    error_message = "Give an exact version that fits the server's, like \"postgres:16.10-bookworm\"."
  }
}
