# main.tf:5: provider "old": the provider "hashicorp/old" is not allowed

terraform {
  required_providers {
    old = "~> 1.0"
  }
}
