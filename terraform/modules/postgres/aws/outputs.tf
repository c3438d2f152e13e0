output "connection" {
  description = "How to reach the server, and where its administrator's password is kept. No secret."
  value = {
    environment   = var.server.environment
    host          = aws_db_instance.this.address
    port          = aws_db_instance.this.port
    database      = aws_db_instance.this.db_name
    administrator = aws_db_instance.this.username
    password_in   = aws_db_instance.this.master_user_secret[0].secret_arn
  }
}
