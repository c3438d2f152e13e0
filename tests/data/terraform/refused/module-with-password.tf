# main.tf:3: module "vpc": has a secret in its source

module "vpc" {
  source = "git::https://robot:hunter2@forge.example.org/vpc.git?ref=v1.0.0"
}
