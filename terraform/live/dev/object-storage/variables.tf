variable "secret_key" {
  description = "The secret key of the only user, from TF_VAR_secret_key."
  type        = string
  sensitive   = true
}
