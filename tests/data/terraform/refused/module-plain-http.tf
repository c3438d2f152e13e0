# main.tf:3: module "vpc": comes from where nothing can be pinned

module "vpc" {
  source = "http://files.example.org/vpc.zip?checksum=sha256:00"
}
