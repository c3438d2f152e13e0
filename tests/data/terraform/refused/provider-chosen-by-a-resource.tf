# main.tf:3: provider "other": the provider "hashicorp/other" is not allowed

data "random_id" "this" {
  provider = other.eu
}
