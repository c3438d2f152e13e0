# main.tf:3: module "vpc": is an archive without a checksum

module "vpc" {
  source = "https://files.example.org/vpc.zip"
}
