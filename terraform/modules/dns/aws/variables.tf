variable "zone" {
  description = "The zone, as the module above describes and checks it."
  type = object({
    name        = string
    environment = string
    contact     = string
    ttl         = optional(number, 300)
    records = optional(map(object({
      name   = string
      type   = string
      values = list(string)
      ttl    = optional(number)
    })), {})
    tags = optional(map(string), {})
  })
}
