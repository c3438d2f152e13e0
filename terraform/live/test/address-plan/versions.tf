terraform {
  required_version = ">= 1.11.0, < 2.0.0"

  # User and password come from TF_HTTP_USERNAME and TF_HTTP_PASSWORD.
  backend "http" {
    address        = "https://terraform-state.example.org/test/address-plan"
    lock_address   = "https://terraform-state.example.org/test/address-plan/lock"
    unlock_address = "https://terraform-state.example.org/test/address-plan/lock"
    lock_method    = "POST"
    unlock_method  = "DELETE"
  }
}
