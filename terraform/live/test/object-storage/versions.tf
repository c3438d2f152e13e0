terraform {
  required_version = ">= 1.11.0, < 2.0.0"

  required_providers {
    openstack = {
      source  = "terraform-provider-openstack/openstack"
      version = "3.4.0"
    }
  }

  # User and password come from TF_HTTP_USERNAME and TF_HTTP_PASSWORD.
  backend "http" {
    address        = "https://terraform-state.example.org/test/object-storage"
    lock_address   = "https://terraform-state.example.org/test/object-storage/lock"
    unlock_address = "https://terraform-state.example.org/test/object-storage/lock"
    lock_method    = "POST"
    unlock_method  = "DELETE"
  }
}
