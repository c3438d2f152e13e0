# main.tf:4: module "hidden": is from git without a ref

locals { a = "$${" }
module "hidden" {
  source = "git::https://forge.example.org/platform/vpc.git"
}
locals { b = "}" }
