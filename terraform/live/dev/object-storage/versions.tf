terraform {
  required_version = ">= 1.11.0, < 2.0.0"

  required_providers {
    docker = {
      source  = "kreuzwerker/docker"
      version = "4.5.0"
    }
  }

  # Beside the configuration: right on a laptop and in the demo, wrong on a runner that forgets its
  # disk. docs/terraform.md shows the other backends.
  backend "local" {
    path = "terraform.tfstate"
  }
}
