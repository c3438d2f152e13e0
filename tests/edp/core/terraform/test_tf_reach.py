"""What a Terraform root is made of, and what of it cannot be told or must not be."""

import pytest
from terraform_tree import MODULE, NETWORK, OWN, reach, tree

from edp.core.terraform.reach import Reach, Tree, TreeReader


def folders(found: Reach) -> list[str]:
    return [one.folder for one in found.configurations]


def used(found: Reach) -> dict[str, str]:
    return {use.path: use.why for use in found.uses}


def with_call(source: str) -> dict[str, str]:
    return {f"{OWN}/main.tf": f'module "a" {{ source = "{source}" }}'}


def test_modules_are_followed_by_their_cleaned_path() -> None:
    files = {
        f"{OWN}/main.tf": 'module "a" { source = "../../../modules//vpc/" }\n'
        'module "b" { source = "./../../../modules/x/../vpc" }\n',
        f"{MODULE}/main.tf": 'module "sub" { source = "./sub" }',
        f"{MODULE}/sub/main.tf.json": '{"module": {"up": {"source": "../../dns"}}}',
        "terraform/modules/dns/main.tf": "",
    }

    assert folders(reach(files)) == [OWN, MODULE, f"{MODULE}/sub", "terraform/modules/dns"]


def test_modules_that_call_each_other_are_read_once() -> None:
    files = {
        f"{OWN}/main.tf": 'module "a" { source = "../../../modules/vpc" }',
        f"{MODULE}/main.tf": 'module "b" { source = "../dns" }\nmodule "me" { source = "./." }',
        "terraform/modules/dns/main.tf": 'module "a" { source = "../vpc" }',
    }

    assert folders(reach(files)) == [OWN, MODULE, "terraform/modules/dns"]


def test_a_remote_module_is_not_a_folder() -> None:
    found = reach(with_call("git::https://forge.example.org/vpc.git?ref=v1.0.0"))

    assert (folders(found), found.unknown, found.problems) == ([OWN], (), ())


def test_files_are_read_relative_to_module_and_root() -> None:
    files = {
        f"{OWN}/main.tf": 'module "a" { source = "../../../modules/vpc" }',
        f"{MODULE}/main.tf": """locals {
  a = file("${path.module}/a.txt")
  b = templatefile("${path.root}/b.tftpl", { c = filebase64("c.txt") })
  d = fileset("${path.module}/d", "*.json")
  e = fileset(path.module, "e/f-*.json")
  f = "x ${filesha256("../shared/f")}"
  g = <<EOT
    ${core::file("${path.module}/g.txt")}
  EOT
}
""",
    }

    found = used(reach(files))

    assert found == {
        f"{MODULE}/a.txt": f"read in {MODULE}/main.tf:2",
        f"{OWN}/b.tftpl": f"read in {MODULE}/main.tf:3",
        f"{OWN}/c.txt": f"read in {MODULE}/main.tf:3",
        f"{MODULE}/d": f"read in {MODULE}/main.tf:4",
        f"{MODULE}/e": f"read in {MODULE}/main.tf:5",
        "terraform/live/test/shared/f": f"read in {MODULE}/main.tf:6",
        f"{MODULE}/g.txt": f"read in {MODULE}/main.tf:8",
    }


@pytest.mark.parametrize(
    "call",
    [
        "file(var.path)",
        'file("${var.name}.txt")',
        'file("${path.module}/${var.name}")',
        'file("${path.module}.txt")',
        'file("${path.cwd}/x")',
        'file("${path.module}/a" == "b" ? "c" : "d")',
        'file(("x"))',
        'file("${path.module}")',
        "file()",
        "fileset(path.module, var.pattern)",
        'fileset(path.module, "../*")',
        "fileset(path.module)",
        'filemd5(join("/", ["a", "b"]))',
        "file(<<EOT\nx\nEOT\n)",
    ],
)
def test_a_path_that_must_be_computed_cannot_be_told(call: str) -> None:
    found = reach({f"{OWN}/main.tf": f"locals {{\n  a = {call}\n}}"})

    (reason,) = found.unknown
    assert reason.startswith(f"cannot tell what is read by {OWN}/main.tf:2: file")


def test_what_looks_like_a_call_is_none() -> None:
    text = """# file(var.a)
/* file(var.b) */
locals {
  c = "file(var.c)"
  d = <<EOT
file(var.d) $${file(var.e)}
EOT
  file = 1
  g = local.file
}
"""

    found = reach({f"{OWN}/main.tf": text})

    assert (found.unknown, found.uses) == ((), ())


def test_a_named_path_counts_as_used() -> None:
    text = """data "archive_file" "a" {
  source_dir = "${path.module}/lambda"
  other      = "${path.module}/jobs/${var.name}.zip"
  whole      = "${path.module}${var.rest}"
  plain      = "files/values.yaml"
  up         = "../../../charts/x"
  command    = "cd ${path.root}/run && ./it"
  address    = "10.0.0.0/16 https://example.org/x"
  around     = "../.."
  outside    = "../../../../../x"
  joined     = join("/", [path.module, "a"])
}
"""
    files = {
        f"{OWN}/main.tf": f'module "a" {{ source = "{"../" * 3}modules/vpc" }}',
        f"{MODULE}/main.tf": text,
    }

    assert used(reach(files)) == {
        f"{MODULE}/lambda": f"named in {MODULE}/main.tf:2",
        f"{MODULE}/jobs": f"named in {MODULE}/main.tf:3",
        MODULE: f"named in {MODULE}/main.tf:11",
        f"{OWN}/files/values.yaml": f"named in {MODULE}/main.tf:5",
        "terraform/charts/x": f"named in {MODULE}/main.tf:6",
        OWN: f"named in {MODULE}/main.tf:7",
    }


def test_a_template_that_reads_files_cannot_be_told() -> None:
    files = {
        f"{OWN}/main.tf": 'locals { a = templatefile("a.tftpl", {}) }',
        f"{OWN}/a.tftpl": '${ file("b") }',
    }

    assert reach(files).unknown == (f"cannot tell what is read by the template {OWN}/a.tftpl",)


@pytest.mark.parametrize("source", ["${var.a}", "./${var.a}"])
def test_a_computed_source_cannot_be_told(source: str) -> None:
    found = reach(with_call(source))

    assert found.unknown == (f'cannot tell the source of module "a" in {OWN}/main.tf:1',)


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        (
            with_call("../../../../../x"),
            f'{OWN}/main.tf:1: source: "../../../../../x" is outside of the repository',
        ),
        (
            {f"{OWN}/main.tf": 'locals { a = file("/proc/self/environ") }'},
            f'{OWN}/main.tf:1: file: "/proc/self/environ" is outside of the repository',
        ),
        (
            {f"{OWN}/main.tf": 'locals { a = file("~/.ssh/id") }'},
            f'{OWN}/main.tf:1: file: "~/.ssh/id" is outside of the repository',
        ),
        (
            with_call("../../../modules/none"),
            f'{OWN}/main.tf:1: source: there is no module in "terraform/modules/none"',
        ),
        (
            {f"{OWN}/main.tf": "", f"{OWN}/a.auto.tfvars": "a = 1\nb {}\n"},
            f'{OWN}/a.auto.tfvars:2: a block is not a value: "b"',
        ),
        (
            {
                f"{OWN}/main.tf": "",
                f"{OWN}/root.yaml": "apiVersion: edp/v1\nvarFiles: [../a.tfvars.json]",
                "terraform/live/test/a.tfvars.json": '{"a": 1,\n"a": 2}',
            },
            'terraform/live/test/a.tfvars.json:2: "a" has a value already',
        ),
        (
            {f"{OWN}/main.tf": "", f"{OWN}/terraform.tfvars": 'a = "'},
            f"{OWN}/terraform.tfvars:1: ends inside a string",
        ),
        ({f"{OWN}/main.tf": "a =", f"{OWN}/b.tf": ""}, f"{OWN}/main.tf:1: unexpected the end of"),
        (
            {f"{OWN}/main.tf": "", f"{OWN}/root.yaml": "apiVersion: edp/v1\ntimeot: 1m\n"},
            f'{OWN}/root.yaml:2: unknown key "timeot"',
        ),
        (
            {f"{OWN}/main.tf": "", f"{OWN}/root.yaml": "apiVersion: edp/v1\nvarFiles: [a.tfvars]"},
            f'{OWN}/root.yaml:1: varFiles: there is no "{OWN}/a.tfvars"',
        ),
    ],
)
def test_what_is_wrong_is_a_problem_and_cannot_be_told(files: dict[str, str], problem: str) -> None:
    found = reach(files)

    assert str(found.problems[0]).startswith(problem)
    assert found.unknown[0].startswith(f"cannot tell: {problem}")


@pytest.mark.parametrize(
    ("files", "link"),
    [
        ({f"{OWN}/main.tf": ""}, f"{OWN}/providers.tf"),
        (with_call("../../../modules/vpc"), "terraform/modules"),
        (with_call("../../../modules/vpc"), "terraform/modules/vpc"),
        ({f"{OWN}/main.tf": 'locals { a = file("b/c") }'}, f"{OWN}/b"),
        (
            {
                f"{OWN}/main.tf": "",
                f"{OWN}/root.yaml": "apiVersion: edp/v1\nvarFiles: [../a.tfvars]",
            },
            "terraform/live/test/a.tfvars",
        ),
    ],
)
def test_a_symbolic_link_is_not_followed(files: dict[str, str], link: str) -> None:
    found = reach(files, links=[link, "elsewhere/link"])

    assert "a symbolic link: where it leads is not reviewed" in str(found.problems[0])
    assert found.unknown


def test_good_values_are_no_problem() -> None:
    files = {
        f"{OWN}/main.tf": "",
        f"{OWN}/terraform.tfvars": 'a = "x"\nb = [1]\n',
        f"{OWN}/b.auto.tfvars.json": '{"module": 1}',
        f"{MODULE}/broken.tfvars": "{",
    }

    assert reach(files).problems == ()


def test_a_file_without_content_cannot_be_told() -> None:
    whole = tree({f"{OWN}/main.tf": ""})

    found = TreeReader(Tree(whole.paths, {})).reach(NETWORK)

    assert [str(one) for one in found.problems] == [
        f"{OWN}/main.tf:1: cannot be read: it is too large"
    ]


def test_five_megabytes_are_refused() -> None:
    found = reach({f"{OWN}/main.tf": "# " + "x" * 5 * 1024 * 1024})

    assert "bytes, more than the 1048576 that are read" in found.unknown[0]


def test_equal_folders_of_two_trees_are_read_once() -> None:
    files = {**with_call("../../../modules/vpc"), f"{MODULE}/main.tf": ""}
    before = TreeReader(tree(files))

    after = TreeReader(tree({**files, f"{OWN}/b.tf": ""}), like=before)

    assert after.reach(NETWORK) is after.reach(NETWORK)
    assert after.configuration(MODULE) is before.configuration(MODULE)
    assert after.configuration(OWN) is not before.configuration(OWN)
