"""The gates: one small pure function each, from facts to a state with its reason.

A gate is `passed`, `waiting` (it can pass by itself or by somebody's approval) or `refused`
(somebody must change something first). Reasons state absolute facts, so that an unchanged decision
writes nothing.
"""

from collections.abc import Iterable
from datetime import timedelta
from fnmatch import fnmatchcase

from edp.core.health.verdict import Health
from edp.core.promotion import windows
from edp.core.promotion.evidence import Evidence
from edp.core.promotion.facts import POLICY_CONTEXT, Facts, PullRequest, Review
from edp.core.promotion.gate import Candidate, Gate, State, passed, refused, waiting, worst
from edp.core.promotion.pairs import Pair
from edp.core.promotion.reviews import is_counted, latest_verdicts
from edp.core.promotion.sources import effective_sources
from edp.core.times import format_duration, format_time
from edp.core.version_range import ordered


def released(facts: Facts, candidate: Candidate) -> Gate:
    """The version has an annotated tag by the bot on the commit that introduced it."""
    release = facts.release(candidate.pair.stack, candidate.version)
    if release is None:
        return refused("released", f"{candidate.pair.stack} {candidate.version} has no tag")
    if release.problem:
        return refused("released", release.problem)
    tag = f"{candidate.pair.stack}/v{candidate.version}"
    return passed("released", f"{tag} at {release.commit[:8]}, tag unmoved")


def newer(facts: Facts, candidate: Candidate) -> Gate:
    """The version is above the pin."""
    pin = facts.pins.get(candidate.pair)
    environment = candidate.pair.environment
    if pin is None:
        return passed("newer", f"arrives in {environment}")
    if ordered(candidate.version) > ordered(pin.version):
        return passed("newer", f"{environment} runs {pin.version}")
    relation = "already runs" if candidate.version == pin.version else "runs the newer"
    return refused("newer", f"{environment} {relation} {pin.version}")


def not_yanked(facts: Facts, candidate: Candidate) -> Gate:
    """The version is not withdrawn."""
    yank = facts.yanks.get((candidate.pair.stack, candidate.version))
    if yank is None:
        return passed("not yanked", "not withdrawn")
    return refused("not yanked", f"withdrawn by {yank.by}: {yank.reason}")


def not_closed(facts: Facts, candidate: Candidate) -> Gate:
    """No person closed the promotion of this version."""
    key = (candidate.pair.stack, candidate.version, candidate.pair.environment)
    reason = facts.closed.get(key)
    if reason is None:
        return passed("not closed", "nobody closed this promotion")
    return refused("not closed", f"{reason}; undo with promote --again")


def hold(facts: Facts, candidate: Candidate) -> Gate:
    """The stack is not pinned on purpose in this environment."""
    found = facts.holds.get(candidate.pair)
    if found is None or (found.until is not None and found.until <= facts.now):
        return passed("hold", "none")
    if found.version == candidate.version:
        return passed("hold", f"held at {found.version}, which this is")
    until = f" until {format_time(found.until)}" if found.until else ""
    reason = f"held at {found.version} by {found.by}{until}: {found.reason}"
    return refused("hold", reason, found.until)


def freeze(facts: Facts, candidate: Candidate) -> Gate:
    """No freeze covers the environment now."""
    active = [
        (found.until, name, found.reason)
        for name, found in facts.freezes.items()
        if candidate.pair.environment in found.environments
        and found.begin <= facts.now < found.until
    ]
    if not active:
        return passed("freeze", "none")
    until, name, reason = max(active)
    return waiting("freeze", f"{name} until {format_time(until)}: {reason}", until)


def healthy(facts: Facts, candidate: Candidate) -> Gate:
    """The version was live and healthy, at that exact commit, in every source."""
    environment = facts.graph.environments[candidate.pair.environment]
    if environment.takes_releases:
        return passed("healthy", "takes releases directly")
    sources = effective_sources(facts.graph, facts.pins, candidate.pair)
    if not sources:
        before = ", ".join(environment.source_names)
        return refused("healthy", f"no environment before it has the stack ({before})")
    return worst("healthy", [_healthy_in(facts, candidate, source) for source in sources])


def _healthy_in(facts: Facts, candidate: Candidate, source: str) -> Gate:
    stack, version = candidate.pair.stack, candidate.version
    key = (stack, version, source)
    if key in facts.broken_evidence:
        return refused("healthy", f"{source}: {facts.broken_evidence[key]}")
    pin = facts.pins[Pair(stack, source)]
    if ordered(pin.version) < ordered(version):
        return refused("healthy", f"{source} runs {pin.version}, not {version}")
    evidence = facts.evidence.get(key)
    release = facts.release(stack, version)
    if evidence is None or release is None or evidence.commit != release.commit:
        return refused("healthy", f"{source}: never seen healthy at the released commit")
    if pin.version == version:
        return _healthy_now(facts, evidence)
    return _healthy_before(evidence)


def _healthy_now(facts: Facts, evidence: Evidence) -> Gate:
    source = evidence.environment
    argocd = facts.graph.argocds[facts.graph.environments[source].argocd]
    if evidence.health is Health.FAILED:
        return refused("healthy", f"{source}: {evidence.reason}")
    since = evidence.healthy_since
    if since is None:
        state = waiting if evidence.was_healthy else refused
        return state("healthy", f"{source}: {evidence.reason}")
    steady_at = since + argocd.steady
    if steady_at > facts.now:
        reason = f"{source}: healthy since {format_time(since)}, steady at {format_time(steady_at)}"
        return waiting("healthy", reason, steady_at)
    at = f"Healthy and Synced at {evidence.commit[:8]} since {format_time(since)}"
    return passed("healthy", f"{source}: {at}")


def _healthy_before(evidence: Evidence) -> Gate:
    source = evidence.environment
    if not evidence.was_healthy:
        return refused("healthy", f"{source}: never seen healthy there")
    if evidence.health is Health.FAILED:
        return refused("healthy", f"{source}: when last seen: {evidence.reason}")
    until = format_time(evidence.intervals[-1].end)
    return passed("healthy", f"{source}: was healthy until {until}")


def soak(facts: Facts, candidate: Candidate) -> Gate:
    """Every source saw the version healthy for as long as this environment asks."""
    required = facts.graph.environments[candidate.pair.environment].gates.soak
    if not required:
        return passed("soak", "none asked")
    sources = effective_sources(facts.graph, facts.pins, candidate.pair)
    found = [_soak_in(facts, candidate, source, required) for source in sources]
    return worst("soak", found) if found else passed("soak", "takes releases directly")


def _soak_in(facts: Facts, candidate: Candidate, source: str, required: timedelta) -> Gate:
    evidence = facts.evidence.get((candidate.pair.stack, candidate.version, source))
    wanted = format_duration(required)
    if evidence is None:
        return waiting("soak", f"{source}: nothing of {wanted}")
    if evidence.soaked >= required:
        return passed("soak", f"{source}: {wanted} complete")
    pin = facts.pins[Pair(candidate.pair.stack, source)]
    if evidence.is_green and pin.version == candidate.version:
        passes_at = evidence.observed_at + (required - evidence.soaked)
        return waiting(
            "soak", f"{source}: {wanted} complete at {format_time(passes_at)}", passes_at
        )
    earned = format_duration(evidence.soaked)
    return waiting("soak", f"{source}: {earned} of {wanted}, not counting now")


def settling(facts: Facts, candidate: Candidate) -> Gate:
    """The present version has served those who wait for it; otherwise they would starve."""
    pair = candidate.pair
    pin = facts.pins.get(pair)
    environment = facts.graph.environments[pair.environment]
    if pin is None or environment.settle == "never":
        return passed("settling", "nothing to wait for")
    required = _soak_still_asked(facts, pair, pin.version)
    if not required or (pair.stack, pin.version) in facts.yanks:
        return passed("settling", f"nobody waits for {pin.version}")
    evidence = facts.evidence.get((pair.stack, pin.version, pair.environment))
    if evidence is None:
        return waiting("settling", f"{pin.version} was not yet seen healthy here")
    if evidence.health is Health.FAILED:
        return passed("settling", f"{pin.version} failed here")
    if evidence.soaked >= required:
        return passed("settling", f"{pin.version} has soaked {format_duration(required)} here")
    return _settling_time(evidence, required)


def _settling_time(evidence: Evidence, required: timedelta) -> Gate:
    wanted = format_duration(required)
    if not evidence.is_green:
        return waiting("settling", f"{evidence.version} must first be healthy for {wanted} here")
    passes_at = evidence.observed_at + (required - evidence.soaked)
    reason = f"{evidence.version} completes its {wanted} here at {format_time(passes_at)}"
    return waiting("settling", reason, passes_at)


def _soak_still_asked(facts: Facts, pair: Pair, version: str) -> timedelta:
    """The longest soak that somebody who can still take the present version asks for."""
    asked = [timedelta()]
    for target in facts.graph.targets_of(pair.environment):
        other = Pair(pair.stack, target)
        taken = facts.pins.get(other)
        if taken is None or ordered(taken.version) >= ordered(version):
            continue
        if (pair.stack, version, target) in facts.closed:
            continue
        if not hold(facts, Candidate(other, version)).refused:
            asked.append(facts.graph.environments[target].gates.soak)
    return max(asked)


def window(facts: Facts, candidate: Candidate) -> Gate:
    """One of the environment's weekly windows is open."""
    found = facts.graph.environments[candidate.pair.environment].gates.windows
    if not found:
        return passed("window", "always open")
    zone = found[0].timezone
    closes = windows.closes_at(found, facts.now)
    if closes is not None:
        return Gate("window", State.PASSED, f"open until {format_time(closes, zone)}", closes)
    opens = windows.opens_next(found, facts.now)
    when = f"opens {format_time(opens, zone)}" if opens else "never opens"
    return waiting("window", when, opens)


def approvals_needed(facts: Facts, pair: Pair) -> int:
    """How many people must approve; an arrival always needs one."""
    needed = facts.graph.environments[pair.environment].gates.approvals
    return needed if pair in facts.pins else max(1, needed)


def latest_reviews(facts: Facts, pull: PullRequest) -> tuple[Review, ...]:
    """Each person's latest verdict: bots left out, comments change nothing."""
    return latest_verdicts(pull.reviews or (), others_than=facts.graph.bots)


def approvals(facts: Facts, candidate: Candidate) -> Gate:
    """Enough people approved exactly this commit, and nobody asks for changes."""
    needed = approvals_needed(facts, candidate.pair)
    pull = facts.pull(candidate.pair)
    reviews = latest_reviews(facts, pull) if pull else ()
    refusing = sorted(
        review.login
        for review in reviews
        if review.state == "REQUEST_CHANGES" and review.official and not review.dismissed
    )
    if refusing:
        return refused("approvals", f"changes requested by {', '.join(refusing)}")
    if not needed:
        return passed("approvals", "none needed")
    head = pull.head if pull else ""
    counted = sorted(review.login for review in reviews if is_counted(review, head))
    reason = f"{len(counted)} of {needed}" + _approval_details(reviews, counted)
    if len(counted) >= needed:
        return passed("approvals", reason)
    return waiting("approvals", reason)


def _approval_details(reviews: Iterable[Review], counted: list[str]) -> str:
    lost = sorted(
        review.login
        for review in reviews
        if review.state == "APPROVED" and review.official and review.login not in counted
    )
    again = [f"{', '.join(lost)} must approve again: approved another commit"] if lost else []
    parts = ([", ".join(counted)] if counted else []) + again
    return f" ({'; '.join(parts)})" if parts else ""


def checks(facts: Facts, candidate: Candidate) -> Gate:
    """The commit statuses that the branch protection requires, but for our own, are there."""
    pull = facts.pull(candidate.pair)
    wanted = [context for context in facts.required_contexts if context != POLICY_CONTEXT]
    if pull is None or not wanted:
        return passed("checks", "none required")
    return worst("checks", [_check(pull, context) for context in wanted])


def _check(pull: PullRequest, wanted: str) -> Gate:
    others = (status for status in pull.statuses if status.context != POLICY_CONTEXT)
    found = [status for status in others if fnmatchcase(status.context, wanted)]
    if not found and fnmatchcase(POLICY_CONTEXT, wanted):
        return passed("checks", f"{wanted}: only our own")
    if not found:
        return waiting("checks", f"{wanted}: not reported yet")
    for status in found:
        if status.state in ("failure", "error"):
            return refused("checks", f"{status.context}: {status.state}")
        if status.state not in ("success", "skipped"):
            return waiting("checks", f"{status.context}: {status.state}")
    return passed("checks", f"{wanted}: success")


def terraform(facts: Facts, candidate: Candidate) -> Gate:
    """The environment's Terraform is applied as it was merged."""
    found = facts.terraform
    if found is None:
        return passed("terraform", "not applied by edp")
    if found.broken:
        return waiting("terraform", found.broken)
    if found.unseen:
        return waiting("terraform", f"edp apply has not seen commit {found.unseen[:8]} yet")
    reason = found.waiting.get(candidate.pair.environment)
    return waiting("terraform", reason) if reason else passed("terraform", "as merged")


def branch(facts: Facts, candidate: Candidate) -> Gate:
    """The promotion branch holds what the bot put there, and the forge has seen it."""
    proposal, pull = facts.proposals.get(candidate.pair), facts.pull(candidate.pair)
    if proposal is not None and proposal.reason:
        return refused("branch", proposal.reason)
    if pull is not None and pull.is_draft:
        return waiting("branch", "the pull request is marked as work in progress")
    if pull is not None and proposal is not None and pull.head != proposal.head:
        return waiting("branch", f"the forge has not seen commit {proposal.head[:8]} yet")
    return passed("branch", "only the pin changes")


ALL = (
    released,
    newer,
    not_yanked,
    not_closed,
    hold,
    freeze,
    healthy,
    soak,
    settling,
    approvals,
    window,
    terraform,
    checks,
    branch,
)
"""In the order in which people read them; adding a gate means adding its function here."""


def evaluate(facts: Facts, candidate: Candidate) -> tuple[Gate, ...]:
    """Every gate for one version, none left out because another said no."""
    return tuple(gate(facts, candidate) for gate in ALL)
