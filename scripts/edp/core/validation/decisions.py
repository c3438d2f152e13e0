"""Holds, yanks and freezes: what they name must exist."""

from collections.abc import Iterator

from edp.core.release.versions import Version
from edp.core.repository.decision_files import Freeze, Hold
from edp.core.repository.layout import Classified
from edp.core.repository.problems import Problem, shown
from edp.core.repository.promotion_graph import PromotionGraph
from edp.core.validation.pins import Versions
from edp.core.yaml.reader import Document
from edp.text import did_you_mean


def check_hold(
    place: Classified, document: Document, hold: Hold, graph: PromotionGraph, versions: Versions
) -> Iterator[Problem]:
    """A hold is for an environment of the graph and a version that exists."""
    yield from _check_environment(place.environment, document, (), graph)
    mistake = versions.mistake(Version(place.stack, hold.version))
    if mistake is not None:
        yield _at(document, ("version",), mistake)


def check_yank(place: Classified, document: Document, versions: Versions) -> Iterator[Problem]:
    """What is withdrawn exists."""
    mistake = versions.mistake(Version(place.stack, place.version))
    if mistake is not None:
        yield _at(document, (), mistake)


def check_freeze(document: Document, freeze: Freeze, graph: PromotionGraph) -> Iterator[Problem]:
    """A freeze is for environments of the graph."""
    for number, name in enumerate(freeze.environments):
        yield from _check_environment(name, document, ("environments", number), graph)


def _check_environment(
    name: str, document: Document, keys: tuple[str | int, ...], graph: PromotionGraph
) -> Iterator[Problem]:
    if name not in graph.environments:
        hint = did_you_mean(name, graph.environments)
        yield _at(document, keys, (f"there is no environment {shown(name)}", hint))


def _at(document: Document, keys: tuple[str | int, ...], mistake: tuple[str, str]) -> Problem:
    message, hint = mistake
    where = str(keys[0]) if keys else ""
    return Problem(document.path, document.line(keys), where, message, hint)
