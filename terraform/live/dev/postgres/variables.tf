variable "admin_password" {
  description = "The database administrator's password, from TF_VAR_admin_password."
  type        = string
  sensitive   = true
}
