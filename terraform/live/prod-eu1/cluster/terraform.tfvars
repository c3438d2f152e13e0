# Made with the account; read by Terraform without being named.
vpc_id = "6a1b2f0e-53f4-4cf0-9b63-1f9d3f0f8c11"
