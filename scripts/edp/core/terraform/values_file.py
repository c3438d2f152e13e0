"""Variable files: some versions of Terraform plan with the defaults when one is broken."""

from collections import Counter

from edp.core.repository.problems import Problem, shown
from edp.core.terraform.hcl.body import Body, read_body
from edp.core.terraform.hcl.json_body import read_json_attributes
from edp.core.terraform.hcl.tokens import SyntaxProblemError


def check_values_file(content: bytes, path: str) -> Problem | None:
    """Why Terraform would refuse a `*.tfvars` or `*.tfvars.json` file, or None."""
    try:
        body = read_json_attributes(content) if path.endswith(".json") else read_body(content)
    except SyntaxProblemError as exc:
        return Problem(path, exc.line, "", exc.message, "write  name = value")
    return _structure_problem(body, path)


def _structure_problem(body: Body, path: str) -> Problem | None:
    if body.blocks:
        block = body.blocks[0]
        message = f"a block is not a value: {shown(block.kind)}"
        return Problem(path, block.line, "", message, "write  name = value")
    counts = Counter(one.name for one in body.attributes)
    twice = (one for one in reversed(body.attributes) if counts[one.name] > 1)
    again = next(twice, None)
    if again is None:
        return None
    return Problem(path, again.line, "", f"{shown(again.name)} has a value already", "remove one")
