# main.tf:3: module "vpc": has a step upwards in its source

module "vpc" {
  source = "git::https://forge.example.org/platform/%2e%2e/evil/vpc.git?ref=v1.0.0"
}
