"""The documents say what the tree says: commands, folders, formats, links."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from edp import errors
from edp.cli import COMMANDS
from edp.core.promotion import facts, gates
from edp.core.promotion.commits import trailers
from edp.core.promotion.decide import Step
from edp.core.promotion.pairs import Pair
from edp.core.repository.decision_files import Freeze, Hold, Yank
from edp.core.repository.reading import read_model

ROOT = Path(__file__).parent.parent
SCRIPTS = ROOT / "scripts"
DOCS = ROOT / "docs"
WORDS = (DOCS / "words.md").read_text(encoding="utf-8")
USERS_FOLDERS = ("environments", "stacks", "terraform")
"""What whoever cloned the product may change as they like: nothing here depends on it."""
OURS = sorted(
    [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "requirements").glob("*.md")],
)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


def first_cells(text: str) -> list[str]:
    """The first cell of every table row."""
    return [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("|")]


def explained(text: str) -> set[str]:
    """What stands as code in the first cells of the tables, and in other cells as a key."""
    return set(re.findall(r"`([^`]+)`", text))


# the command line


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_stands_in_the_table_of_the_readme(name: str) -> None:
    cells = first_cells((ROOT / "README.md").read_text(encoding="utf-8"))

    assert [cell for cell in cells if re.match(rf"`(edp )?{name}[ `]", cell)]


def test_the_readme_names_no_command_that_there_is_not() -> None:
    cells = first_cells((ROOT / "README.md").read_text(encoding="utf-8"))
    named = {match[1] for cell in cells if (match := re.match(r"`edp ([a-z-]+)", cell))}

    assert named <= set(COMMANDS)


def exit_codes() -> list[tuple[str, int]]:
    found = [one for one in vars(errors).values() if isinstance(one, type)]
    return [(one.__name__, one.exit_code) for one in found if issubclass(one, errors.EdpError)]


@pytest.mark.parametrize(("name", "code"), exit_codes())
def test_an_exit_code_is_explained_beside_its_error(name: str, code: int) -> None:
    assert f"\n| {code} | `{name}` | " in WORDS


def json_keys() -> Iterator[str]:
    """The keys of the documents that commands write, as their sources spell them."""
    for path in sorted((SCRIPTS / "edp" / "commands").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if is_about_documents(node):
                yield from keys_below(node)


def is_about_documents(node: ast.AST) -> bool:
    match node:
        case ast.FunctionDef(name=name):
            return name.endswith("document")
        case ast.Call(func=ast.Attribute(attr=name)):
            return name == "document"
    return False


def keys_below(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Dict):
            yield from (str(one.value) for one in inner.keys if isinstance(one, ast.Constant))


def test_every_key_of_a_json_document_is_explained() -> None:
    keys = set(json_keys())

    assert {"schema", "decisions", "changesAt", "healthySince", "problems"} <= keys
    assert keys <= explained(WORDS.partition("## JSON documents")[2])


# words and formats


@pytest.mark.parametrize(
    "label", [value for name, value in vars(facts).items() if name.endswith("_LABEL")]
)
def test_a_label_is_explained(label: str) -> None:
    assert f"`{label}`" in first_cells(WORDS)


def test_the_gates_are_explained_in_their_order() -> None:
    table = WORDS.partition("## Gates")[2].partition("A pull request is opened")[0]
    names = [cell.strip("`") for cell in first_cells(table) if cell.startswith("`")]

    assert names == [gate.__name__.replace("_", " ") for gate in gates.ALL]


def test_the_steps_are_explained() -> None:
    assert {step.value for step in Step} <= explained(WORDS.partition("## Gates")[2])


def test_the_trailers_are_explained() -> None:
    text = trailers(Pair("a", "b"), None, "1.0.0", run_url="https://x", is_chosen=True)
    keys = [f"`{line.partition(':')[0]}`" for line in text.splitlines()]
    table = WORDS.partition("## Commit trailers")[2].partition("\n## ")[0]

    assert [cell for cell in first_cells(table) if cell.startswith("`")] == keys


@pytest.mark.parametrize(
    ("folder", "model"), [("holds", Hold), ("freezes", Freeze), ("yanked", Yank)]
)
def test_the_example_of_a_decision_is_valid(
    folder: str, model: type[Hold] | type[Freeze] | type[Yank]
) -> None:
    examples = re.findall(rf"```yaml\n# (environments/{folder}/\S+)\n(.*?)```", WORDS, re.DOTALL)

    assert [read_model(model, text.encode(), path=path) for path, text in examples]


# the tree


def folders() -> list[str]:
    """The folders of the program, in the order of the tree."""
    found = {path.parent.relative_to(ROOT).as_posix() for path in SCRIPTS.rglob("*.py")}
    return sorted(found, key=lambda path: path.split("/"))


def test_the_architecture_has_a_paragraph_for_each_folder_in_the_order_of_the_tree() -> None:
    text = (DOCS / "architecture.md").read_text(encoding="utf-8")

    assert re.findall(r"^### `(scripts/[^`]*)`$", text, re.MULTILINE) == folders()


def test_the_architecture_names_the_files_of_the_command_itself() -> None:
    text = (DOCS / "architecture.md").read_text(encoding="utf-8")
    names = [path.name for path in (SCRIPTS / "edp").glob("*.py") if path.name != "__init__.py"]

    assert [name for name in names if f"`{name}`" not in text] == []


def sections() -> list[tuple[str, str]]:
    """Each folder of the architecture, and what is said of it."""
    text = (DOCS / "architecture.md").read_text(encoding="utf-8").partition("\n## How one run")[0]
    parts = re.split(r"^### `([^`]+)`$", text, flags=re.MULTILINE)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


@pytest.mark.parametrize(("folder", "text"), sections(), ids=[name for name, _ in sections()])
def test_the_architecture_names_no_file_that_is_not_there(folder: str, text: str) -> None:
    named = re.findall(r"`([\w*]+\.(?:py|json))`", text)

    assert [name for name in named if not list((ROOT / folder).glob(name))] == []


def test_the_functions_that_contributors_are_sent_to_are_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(?:\w+\.)?([a-z]*_[a-z_]+)(?:\([^`]*\))?`", text))
    paths = [*SCRIPTS.rglob("*.py"), *(ROOT / "tests").rglob("*.py")]
    known = set(re.findall(r"\w+", " ".join(path.read_text("utf-8") for path in paths)))

    assert len(named) > 8
    assert named - known == set()


def test_the_index_lists_every_document() -> None:
    listed = LINK.findall((DOCS / "README.md").read_text(encoding="utf-8"))
    found = [path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")]

    assert sorted(set(found) - {"README.md"}) == sorted(set(listed) & set(found))


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(path.name[:4]) for path in sorted((DOCS / "decisions").glob("*.md"))]

    assert numbers == list(range(1, len(numbers) + 1))


# links


def links() -> Iterator[tuple[Path, str]]:
    for path in OURS:
        text = FENCE.sub("", path.read_text(encoding="utf-8"))
        for link in sorted(set(LINK.findall(text))):
            if "://" not in link and not is_users(path.parent / link):
                yield path, link


def is_users(place: Path) -> bool:
    return place.resolve().relative_to(ROOT).parts[:1] in [(name,) for name in USERS_FOLDERS]


@pytest.mark.parametrize(
    ("path", "link"), [pytest.param(*one, id=f"{one[0].name} {one[1]}") for one in links()]
)
def test_a_link_leads_somewhere(path: Path, link: str) -> None:
    target, _, anchor = link.partition("#")
    place = path.parent / target if target else path

    assert place.exists()
    assert not anchor or anchor in anchors(place)


def anchors(path: Path) -> set[str]:
    """The headings of a document as Forgejo links to them."""
    headings = HEADING.findall(FENCE.sub("", path.read_text(encoding="utf-8")))
    words = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {word.replace(" ", "-") for word in words}


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_the_files_that_a_document_names_are_there(path: Path) -> None:
    named = re.findall(
        r"`((?:scripts|tests|docs|requirements|\.forgejo)/[\w./-]+)`", path.read_text("utf-8")
    )

    assert [name for name in named if not (ROOT / name).exists()] == []


def test_no_document_waits_to_be_written() -> None:
    unfinished = re.compile(r"\b(TODO|FIXME|TBD|lorem)\b", re.IGNORECASE)

    assert [path.name for path in OURS if unfinished.search(path.read_text("utf-8"))] == []
