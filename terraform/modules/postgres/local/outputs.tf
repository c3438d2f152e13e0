output "connection" {
  description = "How to reach the server, and where its administrator's password is kept. No secret."
  value = {
    environment   = var.server.environment
    host          = "127.0.0.1"
    port          = var.port
    database      = var.server.database
    administrator = module.server.administrator
    password_in   = "TF_VAR_admin_password"
  }
}
