# main.tf:5: provider "evil": the provider "acme/evil" is not allowed

terraform {
  required_providers {
    evil = {
      source  = "acme/evil"
      version = "1.0.0"
    }
  }
}
