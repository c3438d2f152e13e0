"""Our reader beside python-hcl2: they agree on ordinary files, and not where one can be cheated."""

import io
from pathlib import Path

import hcl2
import pytest
from hcl2 import SerializationOptions

from edp.core.terraform.hcl.body import read_body
from edp.core.terraform.hcl.values import scalar_of

ORDINARY = Path(__file__).parents[3] / "data/terraform/ordinary"
HIDDEN = """locals {
  text = <<EOT
EOT \n}
module "hidden" {
  source = "git::https://forge.example.org/vpc.git"
}
locals {
  more = <<EOT
EOT
}
"""


def theirs(text: str) -> list[str]:
    """Every top-level block of the library's reading with its labels, sorted."""
    options = SerializationOptions(strip_string_quotes=True, with_comments=False)
    found = hcl2.load(io.StringIO(text), serialization_options=options)
    return sorted(
        " ".join((kind, *_labels(block))) for kind, blocks in found.items() for block in blocks
    )


def _labels(block: object) -> list[str]:
    labels: list[str] = []
    while isinstance(block, dict) and "__is_block__" not in block:
        ((label, block),) = block.items()
        labels.append(label)
    return labels


def ours(text: str) -> list[str]:
    blocks = read_body(text.encode()).blocks
    return sorted(" ".join((block.kind, *block.labels)) for block in blocks)


@pytest.mark.parametrize("file", sorted(ORDINARY.iterdir()), ids=lambda file: file.name)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_the_two_agree_on_ordinary_files(file: Path, ending: str) -> None:
    text = file.read_text().replace("\n", ending)

    assert ours(text) == theirs(text)


def test_a_blank_hides_a_module_from_the_library_and_not_from_us() -> None:
    assert "module hidden" not in theirs(HIDDEN)
    assert "module hidden" in ours(HIDDEN)


def test_literals_mean_the_same() -> None:
    text = 'a = "x"\nb = 12\nc = ""\n'
    options = SerializationOptions(strip_string_quotes=True, with_comments=False)
    found = hcl2.load(io.StringIO(text), serialization_options=options)

    read = {one.name: scalar_of(one.value) for one in read_body(text.encode()).attributes}

    assert read == {name: str(value) for name, value in found.items()}
