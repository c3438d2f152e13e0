# main.tf:3: module "vpc": the source "git::https://forge.example.org/platform-evil/vpc.git?ref=v1.0.0" is not allowed

module "vpc" {
  source = "git::https://forge.example.org/platform-evil/vpc.git?ref=v1.0.0"
}
