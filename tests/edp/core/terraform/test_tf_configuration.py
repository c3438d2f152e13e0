"""What a folder's configuration says."""

from edp.core.terraform.configuration import Configuration, read_configuration

TEXT = """terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.60.0"
    }
    old = "~> 1.0"
    any = { source = local.source, version = local.version }
  }
  backend "s3" {
    bucket = "b"
    key    = "${var.key}"
    encrypt = true
    assume_role = { role_arn = "r" }
  }
}
module "vpc" {
  source  = "acme/vpc/aws"
  version = "1.0.0"
}
resource "google_compute_backend_service" "a" {
  backend {
    group = "g"
  }
}
"""


def read(text: str) -> Configuration:
    return read_configuration({"a/main.tf": text.encode(), "b/main.tf": b"=", "a/c.txt": b"="}, "a")


def test_only_the_files_of_the_folder_are_read() -> None:
    found = read("")

    assert found == Configuration("a")


def test_a_module_call_has_source_version_and_place() -> None:
    (call,) = read(TEXT).module_calls

    assert (call.name, call.source, call.version) == ("vpc", "acme/vpc/aws", "1.0.0")
    assert (str(call.place), call.is_local) == ("a/main.tf:17", False)


def test_providers_are_required_or_used() -> None:
    found = {one.name: (one.source, one.version) for one in read(TEXT).providers}

    assert found == {
        "aws": ("hashicorp/aws", "5.60.0"),
        "old": ("", "~> 1.0"),
        "any": (None, None),
        "google": ("", ""),
    }


def test_a_backend_has_literal_values_only() -> None:
    backend = read(TEXT).backend

    assert backend is not None
    assert (backend.kind, dict(backend.values)) == (
        "s3",
        {"bucket": "b", "key": None, "encrypt": "true", "assume_role.role_arn": "r"},
    )


def test_a_broken_file_hides_no_other() -> None:
    files = {"a/main.tf": TEXT.encode(), "a/broken.tf": b"module {"}

    found = read_configuration(files, "a")

    assert [str(one) for one in found.unreadable] == [
        "a/broken.tf:1: ends inside a string or a bracket"
    ]
    assert len(found.module_calls) == 1


def test_blocks_without_labels_are_no_more_than_odd() -> None:
    text = 'module {}\nprovider {}\ndata {}\nresource "a" {}\nterraform {\nbackend {}\n}\n'

    assert read(text).module_calls[0].name == ""


def test_a_provider_may_be_chosen_in_both_syntaxes() -> None:
    json = b'{"resource": {"a_b": {"c": {"provider": "d.e"}}}}'

    found = read_configuration(
        {"a.tf.json": json, "b.tf": b'data "f_g" "h" {\nprovider = i.j\n}'}, ""
    )

    assert [one.name for one in found.providers] == ["d", "i"]
