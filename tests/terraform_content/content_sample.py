"""A small `terraform/` that keeps every rule: the rules are tested without the users' files."""

from collections.abc import Mapping
from pathlib import Path

VERSIONS = """\
terraform {
  required_version = ">= 1.11.0, < 2.0.0"
}
"""
VARIANT_VERSIONS = """\
terraform {
  required_version = ">= 1.11.0, < 2.0.0"

  required_providers {
    cloud = {
      source  = "example/cloud"
      version = "~> 1.4"
    }
  }
}
"""
DISK = """\
variable "disk" {
  description = "The disk."
  type        = object({ name = string, size = number })

  validation {
    condition     = var.disk.size > 0
    error_message = "A disk has a size."
  }
}
"""
ROOT_VERSIONS = """\
terraform {
  required_version = ">= 1.11.0, < 2.0.0"

  required_providers {
    cloud = {
      source  = "example/cloud"
      version = "1.4.2"
    }
  }

  backend "http" {
    address      = "https://state.example.org/dev/disks"
    lock_address = "https://state.example.org/dev/disks/lock"
  }
}
"""
ROOT_MAIN = """\
data "terraform_remote_state" "network" {
  backend = "local"

  config = {
    path = "../network/terraform.tfstate"
  }
}

module "disk" {
  source = "../../../modules/disk/cloud"
  disk   = { name = "data", size = 10 }
}
"""
NETWORK = """\
terraform {
  required_version = ">= 1.11.0, < 2.0.0"

  backend "local" {
    path = "terraform.tfstate"
  }
}

module "addresses" {
  source       = "../../../modules/addresses"
  network_cidr = "10.0.0.0/16"
}
"""
ADDRESSES = """\
variable "network_cidr" {
  description = "The range."
  type        = string

  validation {
    condition     = can(cidrnetmask(var.network_cidr))
    error_message = "Give a range."
  }
}

resource "terraform_data" "this" {
  input = var.network_cidr
}
"""
ADDRESSES_TEST = """\
run "keeps_the_range" {
  command = apply

  variables {
    network_cidr = "10.1.0.0/16"
  }

  assert {
    condition     = terraform_data.this.output == "10.1.0.0/16"
    error_message = "The range is kept."
  }
}
"""
SAMPLE: Mapping[str, str] = {
    "environments/promotion.yaml": "environments: {dev: {}, test: {}}\n",
    "terraform/policy.yaml": (
        "providers: [registry.terraform.io/example/cloud]\nforbidDestroy: [cloud_disk]\n"
    ),
    "terraform/modules/addresses/main.tf": VERSIONS + ADDRESSES,
    "terraform/modules/addresses/tests/addresses.tftest.hcl": ADDRESSES_TEST,
    "terraform/modules/disk/versions.tf": VERSIONS,
    "terraform/modules/disk/variables.tf": DISK,
    "terraform/modules/disk/outputs.tf": (
        'output "tags" {\n  description = "Tags."\n  value       = {}\n}\n'
    ),
    "terraform/modules/disk/cloud/versions.tf": VARIANT_VERSIONS,
    "terraform/modules/disk/cloud/variables.tf": (
        'variable "disk" {\n  description = "The disk."\n'
        "  type        = object({ name = string, size = number })\n}\n"
    ),
    "terraform/modules/disk/cloud/main.tf": (
        'resource "cloud_disk" "this" {\n  name = var.disk.name\n}\n'
    ),
    "terraform/modules/disk/cloud/outputs.tf": (
        'output "disk" {\n  description = "The disk."\n  value       = { id = "1" }\n}\n'
    ),
    "terraform/modules/disk/local/versions.tf": VERSIONS,
    "terraform/modules/disk/local/variables.tf": (
        'variable "disk" {\n  description = "The disk."\n'
        "  type        = object({ name = string, size = number })\n}\n"
    ),
    "terraform/modules/disk/local/outputs.tf": (
        'output "disk" {\n  description = "The disk."\n  value       = { id = "2" }\n}\n'
    ),
    "terraform/live/dev/network/main.tf": NETWORK,
    "terraform/live/dev/disks/versions.tf": ROOT_VERSIONS,
    "terraform/live/dev/disks/main.tf": ROOT_MAIN,
    "terraform/live/dev/disks/root.yaml": "apiVersion: edp/v1\ndependsOn: [network]\n",
}


def write_sample(folder: Path) -> Path:
    for name, text in SAMPLE.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def change(folder: Path, name: str, old: str, new: str) -> None:
    """Plants a mistake: the text must be there."""
    path = folder / "terraform" / name
    text = path.read_text()
    assert old in text, f"{name} has no {old!r}"
    path.write_text(text.replace(old, new, 1))
