# main.tf:3: provider "null": the provider "hashicorp/null" is not allowed

resource "null_resource" "this" {}
