"""Which Terraform roots a change affects: too many rather than too few."""

from hypothesis import given
from hypothesis import strategies as st
from terraform_tree import MODULE, OWN, after_change, touched

from edp.core.terraform.roots import TerraformRoot

DNS = "terraform/live/test/dns"
PROD = "terraform/live/prod/network"
FILES = {
    f"{OWN}/main.tf": 'module "vpc" { source = "../../../modules/vpc" }\n'
    'terraform {\n  backend "s3" {\n    bucket = "b"\n    key = "network"\n  }\n}\n',
    f"{OWN}/root.yaml": "apiVersion: edp/v1\nvarFiles: [../common.tfvars]\n",
    "terraform/live/test/common.tfvars": "",
    f"{DNS}/main.tf": 'data "terraform_remote_state" "n" {\n  backend = "s3"\n'
    '  config = { bucket = "b", key = "network", region = var.region }\n}\n'
    'locals { zone = file("zone.txt") }\n',
    f"{DNS}/zone.txt": "",
    f"{PROD}/main.tf": "",
    f"{MODULE}/main.tf": 'module "sub" { source = "./sub" }',
    f"{MODULE}/sub/main.tf": "",
    f"{MODULE}/other/main.tf": "",
    "README.md": "",
}


def test_an_own_file_affects_its_root_alone() -> None:
    assert touched(FILES, f"{PROD}/main.tf") == {
        "prod/network": (f"{PROD}/main.tf changed",),
    }


def test_lock_files_values_and_unknown_files_count_too() -> None:
    for name in (".terraform.lock.hcl", "a.auto.tfvars", "root.yaml", "cloud-init.yaml"):
        assert touched(FILES, f"{PROD}/{name}") == {"prod/network": (f"{PROD}/{name} changed",)}


def test_prose_tests_and_other_folders_affect_nothing() -> None:
    paths = [f"{PROD}/README.md", f"{PROD}/a.tftest.hcl", f"{MODULE}/other/main.tf", "README.md"]

    assert touched(FILES, *paths) == {}


def test_a_module_affects_its_users_and_the_readers_of_their_state() -> None:
    path = f"{MODULE}/sub/main.tf"

    assert touched(FILES, path) == {
        "test/network": (f"{path} changed (module {MODULE}/sub)",),
        "test/dns": ("reads the state of test/network",),
    }


def test_a_file_that_is_read_affects_its_reader() -> None:
    assert touched(FILES, f"{DNS}/zone.txt")["test/dns"] == (f"{DNS}/zone.txt changed",)
    files = {**FILES, f"{DNS}/main.tf": 'locals { zone = file("zones/a/b.txt") }'}
    path = f"{DNS}/zones/a/b.txt"
    assert touched(files, path)["test/dns"] == (f"{path} changed (read in {DNS}/main.tf:1)",)


def test_a_folder_that_is_read_is_everything_below() -> None:
    files = {**FILES, f"{DNS}/main.tf": 'locals { zones = fileset("zones", "**") }'}

    path = f"{DNS}/zones/a/new.txt"

    assert touched(files, path) == {"test/dns": (f"{path} changed (read in {DNS}/main.tf:1)",)}


def test_the_whole_repository_may_be_read() -> None:
    files = {**FILES, f"{DNS}/main.tf": f'locals {{ all = fileset("{"../" * 4}", "**") }}'}

    assert set(touched(files, "README.md")) == {"test/dns"}


def test_a_variable_file_outside_affects_its_users() -> None:
    path = "terraform/live/test/common.tfvars"

    assert touched(FILES, path)["test/network"] == (f"{path} changed (a variable file)",)


def test_what_cannot_be_told_is_affected_by_any_change() -> None:
    files = {**FILES, f"{PROD}/main.tf": "locals { a = file(var.a) }"}

    assert touched(files, "README.md") == {
        "prod/network": (f"cannot tell what is read by {PROD}/main.tf:1: file(var.a)",),
    }
    assert touched(files) == {}


def test_a_broken_file_is_affected_by_any_change() -> None:
    files = {**FILES, f"{MODULE}/main.tf": "module {{"}

    assert set(touched(files, "README.md")) == {"test/network", "test/dns"}


def test_what_was_used_before_counts_as_well() -> None:
    after = {**FILES, f"{MODULE}/main.tf": ""}
    del after[f"{MODULE}/sub/main.tf"]

    assert after_change(FILES, after)["test/network"].reasons == (
        f"{MODULE}/main.tf changed (module {MODULE})",
        f"{MODULE}/sub/main.tf changed (module {MODULE}/sub)",
    )


def test_a_root_that_appears_is_new() -> None:
    before = {path: text for path, text in FILES.items() if not path.startswith(PROD)}

    found = after_change(before, FILES)

    assert found["prod/network"].reasons == ("is new", f"{PROD}/main.tf changed")
    assert not found["prod/network"].is_deleted


def test_a_root_that_goes_is_deleted_and_so_are_its_readers_affected() -> None:
    after = {path: text for path, text in FILES.items() if not path.startswith(OWN)}

    found = after_change(FILES, after)

    assert found["test/network"].is_deleted
    assert found["test/network"].successor is None
    assert found["test/network"].reasons[0] == "is deleted"
    assert found["test/dns"].reasons == (
        "reads the state of test/network",
        f"cannot tell whose state is read in {DNS}/main.tf:1",
    )


def test_a_renamed_root_goes_on_with_its_state() -> None:
    after = {path.replace(OWN, "terraform/live/test/net"): text for path, text in FILES.items()}

    found = after_change(FILES, after)

    assert found["test/network"].successor == TerraformRoot("test", "net")
    assert found["test/net"].reasons[0] == "is new"


def test_a_root_renamed_with_a_local_state_leaves_it_behind() -> None:
    after = {path.replace(PROD, "terraform/live/prod/net"): text for path, text in FILES.items()}

    assert after_change(FILES, after)["prod/network"].successor is None


def test_a_state_that_cannot_be_told_may_be_any_affected_one() -> None:
    reader = 'data "terraform_remote_state" "n" {\n  backend = "s3"\n  config = var.config\n}\n'
    files = {**FILES, f"{DNS}/main.tf": reader}

    assert touched(files, "README.md") == {}
    assert touched(files, f"{PROD}/main.tf")["test/dns"] == (
        f"cannot tell whose state is read in {DNS}/main.tf:1",
    )


def test_a_declared_dependency_is_followed() -> None:
    files = {
        **FILES,
        f"{PROD}/root.yaml": "apiVersion: edp/v1\ndependsOn: [test/dns]\n",
    }

    assert touched(files, f"{OWN}/main.tf")["prod/network"] == ("depends on test/dns",)


NAMES = ["a", "b", "c", "d", "e"]
graphs = st.dictionaries(
    st.sampled_from(NAMES), st.sets(st.sampled_from(NAMES), max_size=3), min_size=1
)


def written(graph: dict[str, set[str]]) -> dict[str, str]:
    """Every module calls others; one Terraform root of the same name calls each module."""
    files = {}
    for name in NAMES:
        calls = "".join(
            f'module "{one}" {{ source = "../{one}" }}\n' for one in sorted(graph.get(name, ()))
        )
        files[f"terraform/modules/{name}/main.tf"] = calls
        files[f"terraform/live/test/{name}/main.tf"] = (
            f'module "m" {{ source = "../../../modules/{name}" }}'
        )
    return files


def users(graph: dict[str, set[str]], module: str) -> set[str]:
    found = {module}
    while more := {name for name, calls in graph.items() if calls & found} - found:
        found |= more
    return found


@given(graphs, st.sampled_from(NAMES))
def test_exactly_the_users_of_a_module_are_affected(graph: dict[str, set[str]], name: str) -> None:
    found = touched(written(graph), f"terraform/modules/{name}/main.tf")

    assert set(found) == {f"test/{user}" for user in users(graph, name)}


@given(graphs, st.sets(st.sampled_from(NAMES)), st.sets(st.sampled_from(NAMES)))
def test_more_changes_affect_more(graph: dict[str, set[str]], a: set[str], b: set[str]) -> None:
    files = written(graph)
    paths = [[f"terraform/modules/{name}/main.tf" for name in names] for names in (a, b)]

    together = touched(files, *paths[0], *paths[1])

    assert set(together) == set(touched(files, *paths[0])) | set(touched(files, *paths[1]))
