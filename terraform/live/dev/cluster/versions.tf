terraform {
  required_version = ">= 1.11.0, < 2.0.0"

  required_providers {
    kind = {
      source  = "tehcyx/kind"
      version = "0.11.0"
    }
  }

  # Beside the configuration: right on a laptop and in the demo, wrong on a runner that forgets its
  # disk. docs/terraform.md shows the other backends.
  backend "local" {
    path = "terraform.tfstate"
  }
}
