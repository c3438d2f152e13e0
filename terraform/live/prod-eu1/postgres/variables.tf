variable "admin_password" {
  description = "The database administrator's password, from TF_VAR_admin_password."
  type        = string
  sensitive   = true
}

variable "vpc_id" {
  description = "The id of the VPC, made with the account."
  type        = string
}

variable "disk_key_id" {
  description = "The id of the KMS key that encrypts the disk."
  type        = string
}
