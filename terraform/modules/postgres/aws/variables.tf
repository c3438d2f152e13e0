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

variable "vpc_id" {
  description = "The VPC of the server."
  type        = string

  validation {
    condition     = startswith(var.vpc_id, "vpc-")
    error_message = "A VPC's id starts with \"vpc-\"."
  }
}

variable "subnet_ids" {
  description = "Private subnets of the VPC, in two availability zones at least."
  type        = list(string)

  validation {
    condition     = length(distinct(var.subnet_ids)) >= 2
    error_message = "RDS needs subnets in two availability zones."
  }
}
