output "connection" {
  description = "How to reach the server, and where its administrator's password is kept. No secret."
  value       = module.server.connection
}
