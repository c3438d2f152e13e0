# A file with most of what people write.
terraform {
  required_version = ">= 1.11, < 2.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.60"
    }
  }

  backend "s3" {
    bucket       = "state"
    key          = "test/cluster.tfstate"
    use_lockfile = true
  }
}

provider "aws" {
  region = var.region
  default_tags {
    tags = local.tags
  }
}

provider "aws" {
  alias  = "us"
  region = "us-east-1"
}

locals {
  name    = "platform-${var.environment}"
  tags    = merge(var.tags, { owner = "platform", "cost-center" : 42 })
  zones   = [for index, zone in data.aws_availability_zones.all.names : zone if index < 3]
  by_name = { for zone in local.zones : zone => upper(zone)... }
  size    = var.environment == "prod" ? 3 : 1
  half    = -local.size / 2 + (1.5e3 % 2)
  all_ids = aws_subnet.this[*].id
  first   = aws_subnet.this.*.id[0]
  script  = <<-EOT
    #!/bin/sh
    %{for zone in local.zones~}
    echo "${zone}" # module "not" { }
    %{endfor~}
  EOT
  policy  = jsonencode({ Version = "2012-10-17", Statement = [] })
}

data "aws_availability_zones" "all" {}

/* module "commented" {
  source = "./nothing"
} */

module "network" {
  source = "../../../modules/network"

  cidr      = "10.0.0.0/16"
  providers = { aws = aws.us }
}

resource "aws_subnet" "this" {
  for_each = toset(local.zones)

  cidr_block = cidrsubnet("10.0.0.0/16", 8, index(local.zones, each.key))

  dynamic "timeouts" {
    for_each = [1]
    content {
      create = "10m"
    }
  }

  lifecycle {
    prevent_destroy = true
    precondition {
      condition     = length(local.zones) > 0 && !var.is_frozen || false
      error_message = "No zone in \"${var.region}\"."
    }
  }
}

variable "region" { type = string }

variable "tags" {
  description = "Tags of everything."
  type        = map(object({ name = string, size = optional(number, 1) }))
  default     = {}
  validation {
    condition     = can(regex("^[a-z]{2,}$", var.region))
    error_message = "Lower case."
  }
}

output "subnets" {
  value     = { for name, subnet in aws_subnet.this : name => subnet.id }
  sensitive = true
}

check "health" {
  data "http" "this" {
    url = "https://${module.network.host}/healthz"
  }
  assert {
    condition     = data.http.this.status_code == 200
    error_message = "Not healthy."
  }
}

moved {
  from = aws_subnet.old
  to   = aws_subnet.this
}

import {
  to = aws_subnet.this["a"]
  id = "subnet-1"
}

removed {
  from = aws_vpc.old
  lifecycle {
    destroy = false
  }
}
