"""Replays recorded exchanges of a real Forgejo against the sandbox and compares the answers."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from forge_world import Answer, World, plain_sha, send

DATA = Path(__file__).parent.parent / "data" / "forgejo"
RECORDED_URL = "http://forgejo.example"
PAGING = ("x-total-count", "link")
TELLING = frozenset({
    "state", "status", "message", "errors", "title", "body", "name", "login", "context", "path",
    "type", "ref", "label", "content", "filename", "changed_files", "number", "comments",
    "total_count", "total_commits", "comments_count", "required_approvals", "pin_order", "Style",
    "branch_name", "rule_name", "full_name", "default_branch", "mode", "additions", "deletions",
    "status_check_contexts", "push_whitelist_usernames", "run_number", "workflow_id", "prettyref",
    "event", "trigger_event",
})  # fmt: skip


@dataclass(frozen=True)
class Exchange:
    """One recorded request and its answer."""

    scenario: str
    index: int
    user: str
    request: dict[str, Any]
    response: dict[str, Any]

    @property
    def route(self) -> str:
        query = self.request.get("query", "")
        return f"{self.request['method']} {self.request['path']}{'?' + query if query else ''}"

    @property
    def where(self) -> str:
        return f"{self.scenario}[{self.index}] {self.user}: {self.route}"


def recorded(scenario: str) -> Iterator[Exchange]:
    """The exchanges of a scenario in order; notes about other observations are left out."""
    (path,) = DATA.glob(f"{scenario}-*.json")
    for index, entry in enumerate(json.loads(path.read_bytes())["exchanges"]):
        if "request" in entry:
            yield Exchange(scenario, index, entry["as"], entry["request"], entry["response"])


def replay(world: World, exchange: Exchange) -> Answer:
    """Sends the recorded request, naming this world's commits instead of the recorded ones."""
    if exchange.index in world.steps:
        world.steps[exchange.index]()
    request = exchange.request
    path = _here(world, request["path"])
    query = request.get("query", "")
    if query:
        path += "?" + _here(world, query).replace("/", "%2F")
    given = request.get("headers", {}) | _json_header(request)
    headers = world.headers[exchange.user] | given | world.overrides.get(exchange.index, {})
    path = path.replace("<token:bot>", world.headers["bot"]["Authorization"].split()[1])
    return send(world.server, request["method"], path, headers, _body(world, request))


def _json_header(request: dict[str, Any]) -> dict[str, str]:
    return {"Content-Type": "application/json"} if "json" in request else {}


def _body(world: World, request: dict[str, Any]) -> bytes | None:
    if "text" in request:
        return str(request["text"]).encode()
    if "json" not in request:
        return b"" if request["method"] in ("POST", "PUT", "PATCH") else None
    value = request["json"]
    if isinstance(value, dict) and "truncated" in value:
        return _restored(value).encode()
    return _here(world, json.dumps(value)).encode()


def _restored(value: dict[str, Any]) -> str:
    """A long body again: its last text went on with the same letter."""
    start, end = str(value["truncated"]), '"}'
    return start + start[-1] * (int(value["chars"]) - len(start) - len(end)) + end


def _here(world: World, text: str) -> str:
    """The text with recorded commit ids, also shortened ones, replaced by this world's."""

    def replaced(found: re.Match[str]) -> str:
        token = found[0]
        for known, here in world.commits.items():
            if known.startswith(token) or token.startswith(known):
                return here[: len(token)]
        return token

    return re.sub(r"\b[0-9a-f]{7,40}\b", replaced, text)


# --- comparing


def differences(world: World, exchange: Exchange, answer: Answer) -> list[str]:
    """How the answer differs from the recorded one in what a client can rely on."""
    expected = exchange.response
    if answer.status != expected["status"]:
        said = answer.body[:300].decode(errors="replace")
        return [f"status: {answer.status} instead of {expected['status']}: {said}"]
    return [
        *_header_differences(world, expected, answer),
        *_body_differences(world, expected, answer),
    ]


def _header_differences(world: World, expected: Mapping[str, Any], answer: Answer) -> Iterator[str]:
    wanted = dict(expected["headers"])
    if "content-type" not in wanted and "content-type" in answer.headers:
        yield f"content-type: {answer.headers['content-type']!r} instead of none"
    for name in (*wanted, *PAGING):
        here = answer.headers.get(name, "").replace(world.server.url, RECORDED_URL)
        if _header_value(name, here) != _header_value(name, wanted.get(name, "")):
            yield f"{name}: {here!r} instead of {wanted.get(name)!r}"


def _header_value(name: str, value: str) -> object:
    if name == "allow":
        return set(value.replace(" ", "").split(","))
    return SHA.sub("<sha>", value)


def _body_differences(world: World, expected: Mapping[str, Any], answer: Answer) -> Iterator[str]:
    if "json" not in expected:
        text = answer.body.decode(errors="replace")
        if _normal(world, text) != _normal(world, expected.get("text", "")):
            yield f"text: {text[:200]!r} instead of {expected.get('text')!r}"
        return
    cuts = _cuts(expected)
    yield from _compare(world, "", expected["json"], answer.json, cuts)


def _cuts(expected: Mapping[str, Any]) -> dict[str, int]:
    """Which lists and texts were cut when they were recorded, and how long they were."""
    truncated = expected.get("truncated", {})
    cuts = {"": truncated} if "items" in truncated else truncated
    return {
        f".{key}" if key else "": int(value.get("items") or value["chars"])
        for key, value in cuts.items()
    }


def _compare(
    world: World, place: str, expected: Any, here: Any, cuts: Mapping[str, int]
) -> Iterator[str]:
    if type(expected) is not type(here):
        yield f"{place}: {json.dumps(here)[:120]} instead of {json.dumps(expected)[:120]}"
    elif isinstance(expected, dict):
        yield from _compare_objects(world, place, expected, here, cuts)
    elif isinstance(expected, list):
        yield from _compare_lists(world, place, expected, here, cuts)
    elif isinstance(expected, str) and place in cuts:
        if len(here) != cuts[place] or not here.startswith(expected):
            yield f"{place}: {len(here)} characters instead of {cuts[place]}"
    elif isinstance(expected, str) and plain_sha(expected) and plain_sha(here):
        world.commits.setdefault(expected, here)
    elif not _same(world, place.rpartition(".")[2].rstrip("[]0123456789"), expected, here):
        yield f"{place}: {here!r} instead of {expected!r}"


def _compare_objects(
    world: World,
    place: str,
    expected: dict[str, Any],
    here: dict[str, Any],
    cuts: Mapping[str, int],
) -> Iterator[str]:
    if expected.keys() != here.keys():
        missing, more = sorted(expected.keys() - here.keys()), sorted(here.keys() - expected.keys())
        yield f"{place}: keys missing {missing}, too many {more}"
    for key in expected.keys() & here.keys():
        yield from _compare(world, f"{place}.{key}", expected[key], here[key], cuts)


def _compare_lists(
    world: World, place: str, expected: list[Any], here: list[Any], cuts: Mapping[str, int]
) -> Iterator[str]:
    length = cuts.get(place, len(expected))
    if len(here) != length:
        yield f"{place}: {len(here)} items instead of {length}"
    for number, (one, other) in enumerate(zip(expected, here, strict=False)):
        yield from _compare(world, f"{place}[{number}]", one, other, cuts)


def _same(world: World, key: str, expected: object, here: object) -> bool:
    """Whether two values agree; most texts and numbers may differ, answers to questions may not."""
    if isinstance(expected, bool):
        return expected == here
    if key not in TELLING:
        return True
    if isinstance(expected, str):
        return _normal(world, expected) == _normal(world, str(here))
    return expected == here


SHA = re.compile(r"\b[0-9a-f]{7,40}\b")


def _normal(world: World, text: str) -> str:
    """A text without what is different on every server: addresses, ids, numbers."""
    text = text.replace(world.server.url, RECORDED_URL)
    return re.sub(r"\d+", "<n>", SHA.sub("<sha>", text))


def escaped(text: str) -> str:
    return quote(text, safe="")
