# main.tf:5: provider "random": the source is computed

terraform {
  required_providers {
    random = { source = "hashicorp/${"random"}" }
  }
}
