output "connection" {
  description = "How to reach the server, and where its administrator's password is kept. No secret."
  value = {
    environment   = var.server.environment
    host          = opentelekomcloud_rds_instance_v3.this.private_ips[0]
    port          = 5432
    database      = "postgres"
    administrator = opentelekomcloud_rds_instance_v3.this.db[0].user_name
    password_in   = "TF_VAR_admin_password"
  }
}
