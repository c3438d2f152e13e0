# main.tf:7: module "hidden": is from git without a ref

locals {
  text = <<EOT
EOT 
}
module "hidden" {
  source = "git::https://forge.example.org/platform/vpc.git"
}
locals {
  more = <<EOT
EOT
}
