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

variable "vpc_id" {
  description = "The id of the VPC."
  type        = string

  validation {
    condition     = length(var.vpc_id) > 0
    error_message = "Give the id of the VPC."
  }
}

variable "subnet" {
  description = "The name of the VPC subnet the server is attached to."
  type        = string

  validation {
    condition     = length(var.subnet) > 0
    error_message = "Name the subnet of the server."
  }
}

variable "availability_zones" {
  description = "Where the machines are: one zone, or two for a highly available server."
  type        = list(string)

  validation {
    condition     = length(var.availability_zones) == (var.server.highly_available ? 2 : 1)
    error_message = "Name one availability zone, or two for a highly available server."
  }
}

variable "disk_key_id" {
  description = "The id of the KMS key that encrypts the disk."
  type        = string

  validation {
    condition     = length(var.disk_key_id) > 0
    error_message = "Give the id of a KMS key."
  }
}
