"""What an Application pins, and that the fast way to read it gives what the real reader gives."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edp.core.repository.application_file import (
    ApplicationPin,
    Kustomization,
    pin_of_application,
    pin_of_document,
    read_kustomization,
)
from edp.core.repository.reading import FileProblemsError
from edp.core.repository.simple_yaml import read_simple
from edp.core.yaml.reader import YamlError, read_document

PATH = "environments/dev/web.yaml"
APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: web
spec:
  source:
    path: stacks/web
    targetRevision: refs/tags/web/v1.4.0   # the pin
    helm:
      valuesObject:
        replicas: 2
        entries:
          - name: Platform team
            message: "Dev: first."
  destination: {namespace: web}
"""
PIN = "refs/tags/web/v1.4.0"


def problem_of(old: str, new: str, path: str = PATH) -> str:
    assert old in APPLICATION
    with pytest.raises(FileProblemsError) as caught:
        pin_of_application(APPLICATION.replace(old, new).encode(), path)
    return caught.value.message


def test_an_application_pins_a_version_of_its_stack() -> None:
    assert pin_of_application(APPLICATION.encode(), PATH) == ApplicationPin("web", "web", "1.4.0")


@pytest.mark.parametrize(
    "content",
    [
        APPLICATION.replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + APPLICATION.encode(),
        APPLICATION.replace(PIN, f"'{PIN}'").encode(),
        APPLICATION.replace("Platform team", "Plattförm team").encode(),
        b"---\n" + APPLICATION.encode(),
        APPLICATION.rstrip("\n").encode(),
    ],
)
def test_the_pin_does_not_depend_on_how_the_file_is_written(content: bytes) -> None:
    assert pin_of_application(content, PATH) == ApplicationPin("web", "web", "1.4.0")


def test_a_plain_chart_pins_nothing() -> None:
    content = APPLICATION.replace("path: stacks/web", "chart: nginx").encode()

    assert pin_of_application(content, PATH) is None


@pytest.mark.parametrize(
    ("revision", "message"),
    [
        ("web/v1.4.2", '"web/v1.4.2" could be shadowed by a branch of that name\n  write  refs/'),
        ("1.10", 'like "refs/tags/web/v1.4.0", found 1.10, which is no text'),
        ("latest", 'found "latest"'),
        ("v1.4.2", "write  refs/tags/web/v1.4.2"),
        ("1.4.2", "write  refs/tags/web/v1.4.2"),
        ("refs/tags/web/1.4.2", "write  refs/tags/web/v1.4.2"),
        ("refs/tags/api/v1.4.2", '"refs/tags/api/v1.4.2" is no release of web'),
        ("refs/heads/web/v1.4.2", "is no release of web"),
        ("refs/tags/web/v1.4.2+build", 'found "refs/tags/web/v1.4.2+build"'),
        ("", "found nothing"),
        ("[1]", "found a list"),
    ],
)
def test_a_revision_that_is_no_release_is_refused(revision: str, message: str) -> None:
    found = problem_of(PIN, revision)

    assert found.startswith(f"{PATH}:8: targetRevision: ")
    assert message in found


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("path: stacks/web", "path: stacks/../web", ':7: spec.source.path: expected "stacks/web"'),
        ("path: stacks/web", "path: stacks/api", ':7: spec.source.path: expected "stacks/web"'),
        ("path: stacks/web", "path: stacks/web\n    chart: x", ":8: spec.source.chart: a source "),
        ("name: web", "name: api", ':4: metadata.name: expected "web" as in the file\'s name'),
        ("kind: Application", "kind: ConfigMap", ":2: kind: expected Application, found"),
        ("  source:\n", "  sources:\n", ":7: spec.sources: several sources: a stack has one"),
        ("  source:\n", "  src:\n", ":6: spec.source: the Application has no source"),
        ("kind: App", "kind: App\nkind: App", 'duplicate key "kind"'),
    ],
)
def test_what_can_be_no_pin_is_refused_with_its_place(old: str, new: str, message: str) -> None:
    assert message in problem_of(old, new)


def test_a_file_that_is_named_otherwise_is_refused() -> None:
    message = problem_of("apiVersion", "apiVersion", "environments/dev/api.yaml")

    assert 'metadata.name: expected "api" as in the file\'s name, found "web"' in message


def test_a_kustomization_lists_files_and_components() -> None:
    content = b"namePrefix: prod-\nresources:\n- web.yaml\n- api.yaml\ncomponents: [settings]\n"

    found = read_kustomization(content, "environments/prod/kustomization.yaml")

    assert found == Kustomization("prod-", ("web.yaml", "api.yaml"), ("settings",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("resources: web.yaml", 'k.yaml:1: resources: expected a list, found "web.yaml"'),
        ("resources: [5]", "k.yaml:1: resources[0]: expected a path, found 5"),
        ("namePrefix: 5", "k.yaml:1: namePrefix: expected a text, found 5"),
        ("- web.yaml", "k.yaml:1: expected a Kustomization, found a list"),
    ],
)
def test_a_kustomization_of_another_shape_is_refused(text: str, message: str) -> None:
    with pytest.raises(FileProblemsError) as caught:
        read_kustomization(text.encode(), "k.yaml")

    assert caught.value.message == message


def real_value(content: bytes) -> object:
    try:
        return read_document(content, path=PATH).value
    except YamlError:
        return "refused"


def test_the_plain_application_is_read_the_fast_way() -> None:
    assert read_simple(APPLICATION.encode()) == real_value(APPLICATION.encode())
    assert read_simple(APPLICATION.encode()) is not None


WORDS = """a|b: |key: |- |- a: |  |    |: |:|#| # c|'|"|[]|{}|{a: b}|1.10|yes|null|on: |...|&x |*x
!!str |refs/tags/web/v1.4.0|a:b|0755|.nan|xxx|<<: |? |é|,""".replace("\n", "|").split("|")
PIECES = st.sampled_from([*WORDS, "\n", "\n\n", "---\n", "\t", "\r\n", "|"])
LINES = st.builds(
    lambda depth, dash, key, value: "  " * depth + dash + key + value + "\n",
    st.integers(0, 3),
    st.sampled_from(["", "", "", "- "]),
    st.sampled_from(["a: ", "b: ", "a:", "c: ", "y: ", "true: ", ""]),
    st.sampled_from(
        ["", "", "x", "x y", "1.10", "'q'", '"q: "', "{k: v}", "[]", "~", "x # c", "a:b"]
    ),
)


def holds_the_same(text: str) -> bool:
    fast = read_simple(text.encode())
    return fast is None or fast == real_value(text.encode())


@given(st.lists(PIECES, max_size=14).map("".join))
@settings(max_examples=600, deadline=None)
def test_the_fast_way_agrees_with_the_reader_on_fragments(text: str) -> None:
    assert holds_the_same(text)


@given(st.lists(LINES, max_size=9).map("".join))
@settings(max_examples=1200, deadline=None)
def test_the_fast_way_agrees_with_the_reader_on_lines(text: str) -> None:
    assert holds_the_same(text)


@given(
    st.integers(0, len(APPLICATION)),
    st.integers(0, 6),
    st.lists(PIECES, max_size=2).map("".join),
)
@settings(max_examples=800, deadline=None)
def test_the_fast_way_agrees_with_the_reader_on_broken_applications(
    at: int, length: int, inserted: str
) -> None:
    text = APPLICATION[:at] + inserted + APPLICATION[at + length :]

    assert holds_the_same(text)
    assert outcome(text.encode()) == slow_outcome(text.encode())


def outcome(content: bytes) -> object:
    try:
        return pin_of_application(content, PATH)
    except FileProblemsError as exc:
        return exc.message


def slow_outcome(content: bytes) -> object:
    try:
        return pin_of_document(read_document(content, path=PATH))
    except YamlError as exc:
        return "\n  ".join([exc.message, *exc.hint.splitlines()])
    except FileProblemsError as exc:
        return exc.message
