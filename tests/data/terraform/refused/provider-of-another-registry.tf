# main.tf:5: provider "random": the provider "registry.example.org/hashicorp/random" is not allowed

terraform {
  required_providers {
    random = { source = "registry.example.org/hashicorp/random" }
  }
}
