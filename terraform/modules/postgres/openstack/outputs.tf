output "connection" {
  description = "How to reach the server, and where its administrator's password is kept. No secret."
  value = {
    environment   = var.server.environment
    host          = openstack_db_instance_v1.this.addresses[0]
    port          = 5432
    database      = openstack_db_database_v1.this.name
    administrator = openstack_db_user_v1.administrator.name
    password_in   = "TF_VAR_admin_password"
  }
}
