module "server" {
  source         = "../../../modules/postgres/local"
  admin_password = var.admin_password

  server = {
    name        = "edp-dev"
    environment = "dev"
    version     = "16"
    machine     = "container"
    storage_gb  = 10
  }
}
