# main.tf:3: module "vpc": is from git by a branch, or what may be one: "main"

module "vpc" {
  source = "git::https://forge.example.org/platform/vpc.git?ref=main"
}
