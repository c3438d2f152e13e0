module "backups" {
  source     = "../../../modules/object-storage/local"
  secret_key = var.secret_key

  bucket = {
    name        = "edp-dev-backups"
    environment = "dev"
  }
}
