# main.tf:3: module "vpc": the source is computed

module "vpc" {
  source = "git::https://forge.example.org/${var.name}.git?ref=v1.0.0"
}
