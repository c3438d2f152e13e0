# main.tf:3: unexpected '='

module "vpc" = {
}
