"""One file of an environment's folder, or any other file with objects of Argo CD."""

from edp.core.names import is_name
from edp.core.repository.application_file import (
    ApplicationPin,
    is_plain_chart,
    member,
    pin_of_value,
    pin_problems,
)
from edp.core.repository.problems import FileProblemsError, Problem, problem_of_yaml, shown
from edp.core.repository.reading import open_document
from edp.core.repository.simple_yaml import read_simple
from edp.core.validation.argocd_schema import is_valid_application, schema_problems
from edp.core.yaml.reader import Document, YamlError, read_documents


def check_application(
    content: bytes, path: str
) -> tuple[ApplicationPin | None, tuple[Problem, ...]]:
    """What an environment's Application pins, and all that is wrong in its file."""
    value = read_simple(content)
    pin = pin_of_value(value, path)
    if pin is not None and is_valid_application(value):
        return pin, ()
    try:
        return _check(open_document(content, path=path))
    except FileProblemsError as exc:
        return None, exc.problems


def _check(document: Document) -> tuple[ApplicationPin | None, tuple[Problem, ...]]:
    is_chart = is_plain_chart(document.value)
    problems = _chart_problems(document) if is_chart else pin_problems(document)
    told = {problem.line for problem in problems}
    problems += [one for one in schema_problems(document) if one.line not in told]
    return pin_of_value(document.value, document.path), tuple(problems)


def _chart_problems(document: Document) -> list[Problem]:
    name = document.path.rpartition("/")[2].removesuffix(".yaml")
    found = member(document.value, "metadata", "name")
    if found == name and is_name(name):
        return []
    line = document.line(("metadata", "name"))
    message = f"expected {shown(name)} as in the file's name, found {shown(found)}"
    return [Problem(document.path, line, "metadata.name", message, "rename the file")]


def check_objects(content: bytes, path: str) -> tuple[Problem, ...]:
    """All that is wrong in a file of any objects: as YAML, and as objects of Argo CD."""
    try:
        documents = read_documents(content, path=path)
    except YamlError as exc:
        return (problem_of_yaml(exc),)
    return tuple(problem for document in documents for problem in schema_problems(document))
