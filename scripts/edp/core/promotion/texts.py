"""What people read on the forge: titles, bodies, statuses and comments of promotions.

They state absolute facts, never elapsed time, so that an unchanged decision writes nothing.
"""

import re
from collections.abc import Iterable
from typing import Final

from edp.core.promotion.decide import Decision
from edp.core.promotion.facts import Facts, PullRequest
from edp.core.promotion.gate import Gate, State
from edp.core.promotion.pairs import Pair
from edp.core.promotion.sources import effective_sources
from edp.core.times import format_time
from edp.core.version_range import ordered
from edp.text import code, fence, markdown, one_line

SIGNS: Final = {State.PASSED: "✓", State.WAITING: "…", State.REFUSED: "✗"}
_MARKER: Final = re.compile(r"<!-- edp:promotion ([a-z0-9-]+) ([a-z0-9-]+) ([0-9A-Za-z.-]+) -->")
_MARK: Final = re.compile(r"\[[^\]]*\]|[^\s:]+:")
_HEADING: Final = re.compile(r"^##\s+\[?v?([0-9A-Za-z.-]+)\]?.*$", re.MULTILINE)
_LONGEST_STATUS: Final = 250
_LONGEST_CHANGELOG: Final = 8000
COMMENT_MARKER: Final = "<!-- edp:needs-a-person -->"


def title_of(decision: Decision) -> str:
    """The pull request's title; every part of it is a checked name or version."""
    stack, environment = decision.pair
    if decision.present is None:
        return f"Add {stack} {decision.version} to {environment}"
    return f"Promote {stack} {decision.present} → {decision.version} to {environment}"


def edited_title(decision: Decision, pull: PullRequest) -> str:
    """The title that an open pull request should have: a person's mark of a draft stays."""
    title = title_of(decision)
    if not pull.is_draft or pull.title.endswith(title):
        return pull.title if pull.is_draft else title
    # Which marks there are is a setting of the forge: `WIP:` and `[WIP]` unless changed.
    mark = _MARK.match(pull.title)
    return f"{mark[0] if mark else pull.title.split()[0]} {title}"


def marker(pair: Pair, version: str) -> str:
    """Tells a later run which version a pull request was about, should its branch be gone."""
    return f"<!-- edp:promotion {pair.stack} {pair.environment} {version} -->"


def version_in(body: str, pair: Pair) -> str | None:
    """The version that the marker of this pair names; anybody may have edited it."""
    found = _MARKER.search(body)
    if found is None or (found[1], found[2]) != tuple(pair):
        return None
    return found[3]


def body_of(facts: Facts, decision: Decision) -> str:
    """The pull request's whole text."""
    version = decision.version or ""
    parts = [
        _summary(facts, decision, version),
        _gate_table(decision.gates),
        _values_to_review(facts, decision),
        _later(decision),
        _changelog(facts, decision, version),
        _how_to_stop(decision.pair),
        marker(decision.pair, version),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _summary(facts: Facts, decision: Decision, version: str) -> str:
    stack, environment = decision.pair
    present = decision.present
    found = facts.stacks.get(stack)
    owners = f", owned by {', '.join(code(owner) for owner in found.owners)}" if found else ""
    rows = [
        ("stack", f"{stack}{owners}"),
        ("from → to", f"{present} → {version}" if present else f"arrives with {version}"),
        ("environment", environment),
        ("proven in", _proof(facts, decision.pair, version)),
    ]
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {text} |" for name, text in rows)])


def _proof(facts: Facts, pair: Pair, version: str) -> str:
    sources = effective_sources(facts.graph, facts.pins, pair)
    if not sources:
        return "takes releases directly"
    return ", ".join(_proof_in(facts, pair.stack, version, source) for source in sources)


def _proof_in(facts: Facts, stack: str, version: str, source: str) -> str:
    evidence = facts.evidence.get((stack, version, source))
    if evidence is None or not evidence.was_healthy:
        return f"{source}: not yet"
    since = evidence.healthy_since
    if since is not None:
        return f"{source}, healthy since {format_time(since)}"
    return f"{source}, was healthy until {format_time(evidence.intervals[-1].end)}"


def _gate_table(gates: Iterable[Gate]) -> str:
    rows = [f"| {SIGNS[gate.state]} | {gate.name} | {markdown(gate.reason)} |" for gate in gates]
    return "\n".join(["**Gates**", "", "| | gate | |", "|---|---|---|", *rows])


def _values_to_review(facts: Facts, decision: Decision) -> str:
    values = facts.arrival_values.get(decision.pair, "")
    if decision.present is not None or not values:
        return ""
    lead = "**Values that this environment owns**, copied from where it comes from: review them."
    return f"{lead}\n\n{fence(values, 'yaml')}"


def _later(decision: Decision) -> str:
    return f"{decision.newer} comes next." if decision.newer else ""


def _changelog(facts: Facts, decision: Decision, version: str) -> str:
    text = facts.changelogs.get(decision.pair.stack, "")
    sections = changes_between(text, after=decision.present, until=version)
    if not sections:
        return ""
    summary = f"<details><summary>Changelog of {decision.pair.stack}</summary>"
    return f"{summary}\n\n{fence(sections[:_LONGEST_CHANGELOG], 'text')}\n\n</details>"


def changes_between(changelog: str, *, after: str | None, until: str) -> str:
    """The sections of a changelog for the versions above `after` up to `until`."""
    heads = list(_HEADING.finditer(changelog))
    ends = [*(head.start() for head in heads), len(changelog)][1:]
    wanted = [
        changelog[head.start() : end].strip()
        for head, end in zip(heads, ends, strict=True)
        if _is_between(head[1], after, until)
    ]
    return "\n\n".join(wanted)


def _is_between(text: str, after: str | None, until: str) -> bool:
    try:
        version = ordered(text)
    except ValueError:
        return False
    return version <= ordered(until) and (after is None or version > ordered(after))


def _how_to_stop(pair: Pair) -> str:
    hold = f"environments/holds/{pair.environment}/{pair.stack}.yaml"
    return (
        "People approve, the bot merges when every gate has passed."
        f" Stop it: close this pull request, or merge a hold as `{hold}`."
    )


def status_of(decision: Decision) -> str:
    """The description of `edp/policy`: what stands in the way, refused gates first."""
    bad = [f"{gate.name}: {gate.reason}" for gate in decision.stands_in_the_way]
    return one_line("; ".join(bad) or decision.reason or "all gates passed", _LONGEST_STATUS)


def comment_of(decision: Decision) -> str:
    """What a person must know or do; "" when the promotion goes on by itself."""
    refused = [gate for gate in decision.gates if gate.state is State.REFUSED]
    if not refused:
        return ""
    lines = [f"* **{gate.name}**: {markdown(gate.reason)}" for gate in refused]
    return "\n".join([COMMENT_MARKER, "This promotion does not go on by itself:", "", *lines])


def settled_comment() -> str:
    """What replaces that comment when nothing needs a person any more."""
    return f"{COMMENT_MARKER}\nThis promotion goes on by itself again."


def closing_comment(reason: str, *, lead: str = "Closed by edp") -> str:
    """Why the bot closes a promotion, or what went wrong with it."""
    return f"{lead}: {markdown(reason)}."
