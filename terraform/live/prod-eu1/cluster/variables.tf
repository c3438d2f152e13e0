variable "vpc_id" {
  description = "The id of the VPC, made with the account."
  type        = string
}
