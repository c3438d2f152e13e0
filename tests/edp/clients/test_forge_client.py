"""The forge's client: promotions as core types, and every error with its exit code."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import forgejo
from edp.clients import forge_errors
from edp.clients.forge import Base, Forge, connect
from edp.clients.forge_errors import (
    LostMergeRaceError,
    NeedsApprovalError,
    StillCheckingError,
    translate,
    translated,
)
from edp.core.promotion.facts import CLOSED_BY_BOT_LABEL
from edp.core.promotion.pairs import Pair
from edp.errors import (
    ConflictError,
    EdpError,
    InvalidInputError,
    RefusedError,
    UnavailableError,
)
from forgejo import exceptions
from sandbox.forge.server import start_forge
from sandbox.forge.state import Forge as SandboxForge
from sandbox.web import Fault, Request, Server

REPO = "platform/edp"
PAIR = Pair("web", "dev")
BRANCH = "promote/web/dev"
BEGIN = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


# --- every error has its exit code


def every_error(kind: type[forgejo.ForgejoError]) -> Iterator[type[forgejo.ForgejoError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from every_error(below)


CODES = {
    "AlreadyExistsError": 5,
    "AlreadyMergedError": 5,
    "AmbiguousError": 4,
    "ArchivedError": 3,
    "ArgumentError": 2,
    "AuthenticationError": 2,
    "ConflictError": 5,
    "ForbiddenError": 2,
    "ForgejoError": 4,
    "HeadOutOfDateError": 5,
    "IncompleteListError": 4,
    "LostRaceError": 5,
    "MergeConflictError": 5,
    "MergedButBranchKeptError": 4,
    "MovedError": 2,
    "NotAllowedToMergeError": 4,
    "NotForgejoError": 4,
    "NotFoundError": 2,
    "ScopeError": 2,
    "ServerError": 4,
    "TooLargeError": 4,
    "TooManyRequestsError": 4,
    "TryAgainLaterError": 4,
    "UnavailableError": 4,
    "UnsupportedError": 2,
    "UntrustedServerError": 2,
    "ValidationError": 2,
}


def test_every_error_of_the_client_is_known_here() -> None:
    own = {
        kind for kind in every_error(forgejo.ForgejoError) if kind.__module__ == exceptions.__name__
    }

    assert {kind.__name__ for kind in own} == set(CODES)


@pytest.mark.parametrize(("name", "code"), CODES.items())
def test_an_error_gets_its_exit_code_and_says_what_was_done(name: str, code: int) -> None:
    kind = getattr(exceptions, name)
    details = {"scopes": ("write:issue",)} if name == "ScopeError" else {}

    found = translate(kind("it\nbroke", **details), "reading #7")

    assert (found.exit_code, type(found).__module__) == (code, "edp.errors")
    assert found.message.startswith("reading #7: ")
    assert "\n" not in found.message
    assert found.hint or name == "ValidationError"


def test_the_cause_is_kept_and_our_own_errors_pass() -> None:
    with pytest.raises(UnavailableError) as caught, translated("reading"):
        raise exceptions.ServerError("out of order", status=503)
    assert isinstance(caught.value.__cause__, exceptions.ServerError)

    with pytest.raises(RefusedError, match="no"), translated("reading"):
        raise RefusedError("no")


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("Not all required status checks successful", LostMergeRaceError),
        ("Does not have enough approvals", NeedsApprovalError),
        ("There are requested changes", RefusedError),
    ],
)
def test_the_reason_of_a_refused_merge_says_what_to_do(reason: str, kind: type[EdpError]) -> None:
    found = forge_errors.not_allowed_to_merge(7, reason)

    assert type(found) is kind
    assert found.message == f"#7 is not merged: {reason}"


# --- against the sandbox


@dataclass
class Place:
    """A sandbox forge with one promotion branch, on a clock that only sleeping moves."""

    sandbox: SandboxForge
    server: Server
    tokens: dict[str, str]
    clock: dict[str, datetime]
    opened: list[Forge] = field(default_factory=list)

    def connect(self, **settings: str) -> Forge:
        defaults = {"token": self.tokens["edp-bot"], "gate_token": self.tokens["edp-gate"]}
        known = defaults | settings
        made = connect(
            self.server.url,
            known.get("full_name", REPO),
            token=known["token"],
            gate_token=known["gate_token"],
            ca_bundle=None,
            monotonic=self.monotonic,
            sleep=self.sleep,
        )
        self.opened.append(made)
        return made

    def monotonic(self) -> float:
        return (self.clock["now"] - BEGIN).total_seconds()

    def sleep(self, seconds: float) -> None:
        self.clock["now"] += timedelta(seconds=seconds)

    def commit(self, text: str, branch: str = BRANCH) -> str:
        return self.sandbox.seed_files(REPO, {"pin": text.encode()}, branch=branch)

    def fail(self, method: str, ending: str, **fault: object) -> None:
        def matches(request: Request) -> bool:
            return request.method == method and request.path.endswith(ending)

        self.server.faults.add(Fault(match=matches, **fault))  # type: ignore[arg-type]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    clock = {"now": BEGIN}
    sandbox = SandboxForge(tmp_path, clock=lambda: clock["now"])
    tokens = {}
    for login in ("edp-bot", "edp-gate", "alice"):
        sandbox.create_user(login)
        tokens[login] = sandbox.create_token(login)
    sandbox.create_organisation("platform")
    sandbox.create_repository("platform", "edp")
    for login in tokens:
        sandbox.allow(REPO, login, "write")
    sandbox.seed_files(REPO, {"pin": b"1\n"})
    sandbox.protect_branch(
        REPO,
        "main",
        enable_status_check=True,
        status_check_contexts=["edp/policy", "ci/*"],
        required_approvals=1,
    )
    with start_forge(sandbox) as server:
        made = Place(sandbox, server, tokens, clock)
        made.commit("2\n")
        yield made
        for one in made.opened:
            one.close()


@pytest.fixture
def forge(place: Place) -> Forge:
    return place.connect()


@pytest.fixture
def opened(place: Place, forge: Forge) -> Forge:
    """The promotion is open as #1."""
    forge.create_pull(PAIR, title="Promote", body="text")
    forge.open_pulls_of(PAIR, "edp-bot")
    return forge


def make_mergeable(forge: Forge, sha: str) -> None:
    for context in ("edp/policy", "ci/test"):
        forge._repo().create_status(sha, state="success", context=context)
    forge.approve(1, sha)


def merge(forge: Forge, sha: str) -> None:
    forge.merge(1, sha, title="Promote (#1)", message="Promoted-Stack: web")


def head(place: Place) -> str:
    found = place.sandbox.repository(REPO).store.branch(BRANCH)
    assert found is not None
    return found


def test_the_base_tells_its_head_and_what_its_protection_asks(place: Place, forge: Forge) -> None:
    main = place.sandbox.repository(REPO).store.branch("main")

    assert forge.base() == Base("main", main or "", ("edp/policy", "ci/*"), 1)


def test_without_required_checks_none_are_told(place: Place, forge: Forge) -> None:
    place.sandbox.protect_branch(REPO, "main", status_check_contexts=["edp/policy"])

    assert forge.base().required_contexts == ()


def test_only_the_bots_pull_requests_of_this_repository_are_promotions(
    place: Place, opened: Forge
) -> None:
    place.sandbox.seed_files(REPO, {"pin": b"3\n"}, branch="promote/web/test")
    place.sandbox.seed_files(REPO, {"pin": b"4\n"}, branch="feature")
    fork = place.sandbox.fork_repository(REPO, "edp-bot")
    place.sandbox.seed_files(fork.full_name, {"pin": b"5\n"}, branch=BRANCH)
    people = {
        login: forgejo.Forgejo(place.server.url, place.tokens[login])
        for login in ("alice", "edp-bot")
    }
    for login, branch in (
        ("alice", "promote/web/test"),
        ("edp-bot", "feature"),
        ("edp-bot", f"edp-bot:{BRANCH}"),
    ):
        people[login].get_repo(REPO).create_pull(head=branch, base="main", title="Another")
    for client in people.values():
        client.close()

    found = opened.read_open_pulls()

    assert len(found.found) == 4
    promotions = found.promotions("EDP-Bot")
    assert [(pair, [one.number for one in pulls]) for pair, pulls in promotions.items()] == [
        (PAIR, [1])
    ]
    assert [one.number for one in found.ordinary("edp-bot")] == [2, 3, 4]
    assert [one.is_from_fork for one in found.ordinary("edp-bot")] == [False, False, True]


def test_opening_it_twice_is_one_pull_request(place: Place, opened: Forge) -> None:
    opened.create_pull(PAIR, title="Promote", body="text")

    assert [one.number for one in opened.open_pulls_of(PAIR, "edp-bot")] == [1]


def test_a_branch_that_the_forge_does_not_see_yet_is_asked_for_again(place: Place) -> None:
    repository = place.sandbox.repository(REPO)
    sha = repository.branch_rows.pop(BRANCH)
    place.sandbox.after(1.7, lambda: repository.branch_rows.update({BRANCH: sha}))

    place.connect().create_pull(PAIR, title="Promote", body="text")

    assert len(repository.pulls) == 1
    assert place.clock["now"] > BEGIN + timedelta(seconds=1.7)


def test_a_branch_that_never_appears_is_an_error(place: Place, forge: Forge) -> None:
    with pytest.raises(InvalidInputError, match="opening the pull request of promote/web/test"):
        forge.create_pull(Pair("web", "test"), title="Promote", body="text")


def test_a_forge_that_never_takes_the_creation_is_unavailable(place: Place, forge: Forge) -> None:
    place.fail("POST", "/pulls", kind="status", status=500, times=10_000)

    with pytest.raises(UnavailableError, match="outcome unknown"):
        forge.create_pull(PAIR, title="Promote", body="text")

    assert place.clock["now"] - BEGIN < timedelta(seconds=10)


def test_a_lost_answer_to_the_creation_is_no_error(place: Place, forge: Forge) -> None:
    place.fail("POST", "/pulls", kind="reset", after_effect=True)

    assert forge.create_pull(PAIR, title="Promote", body="text") is None
    assert [one.number for one in forge.open_pulls_of(PAIR, "edp-bot")] == [1]


def test_closing_labels_first_and_says_why_once(place: Place, opened: Forge) -> None:
    opened.close_pull(1, "Closed by edp: withdrawn.")

    (record,) = place.sandbox.repository(REPO).pulls
    assert not record.is_open
    assert [label.name for label in record.issue.labels] == [CLOSED_BY_BOT_LABEL]
    assert [one.body for one in record.issue.comments] == ["Closed by edp: withdrawn."]
    assert opened.read_pulls_of(PAIR).closed_by_people("edp-bot") == ()


def test_what_fails_after_the_label_is_not_taken_for_a_person(place: Place, opened: Forge) -> None:
    place.fail("PATCH", "/pulls/1", kind="status", status=503)

    with pytest.raises(UnavailableError):
        opened.close_pull(1, "")

    (record,) = place.sandbox.repository(REPO).pulls
    assert [label.name for label in record.issue.labels] == [CLOSED_BY_BOT_LABEL]


def test_what_a_person_closes_is_told(place: Place, opened: Forge) -> None:
    with forgejo.Forgejo(place.server.url, place.tokens["alice"]) as alice:
        alice.get_repo(REPO).get_pull(1).close()

    (closed,) = opened.read_pulls_of(PAIR).closed_by_people("edp-bot")
    assert (closed.number, closed.body) == (1, "text")


def test_there_is_one_comment_with_a_marker_and_it_is_edited(place: Place, opened: Forge) -> None:
    with forgejo.Forgejo(place.server.url, place.tokens["alice"]) as alice:
        alice.get_repo(REPO).get_pull(1).create_issue_comment("<!-- mark --> forged")
    assert not opened.has_comment(1, "<!-- mark -->")

    for text in ("<!-- mark --> one", "<!-- mark --> two", "<!-- mark --> two"):
        opened.comment(1, text, marker="<!-- mark -->")

    comments = place.sandbox.repository(REPO).pulls[0].issue.comments
    assert [(one.poster.login, one.body) for one in comments] == [
        ("alice", "<!-- mark --> forged"),
        ("edp-bot", "<!-- mark --> two"),
    ]
    assert opened.has_comment(1, "<!-- mark -->")


def test_labels_are_made_when_needed_and_taken_off_again(place: Place, opened: Forge) -> None:
    opened.add_label(1, "edp/allowed-again")
    opened.open_pulls_of(PAIR, "edp-bot")
    opened.remove_label(1, "edp/allowed-again")
    opened.remove_label(1, "not there")

    assert place.sandbox.repository(REPO).pulls[0].issue.labels == []


def test_reviews_and_statuses_are_core_values(place: Place, opened: Forge) -> None:
    sha = head(place)
    opened.set_policy(sha, state="pending", description="waits", url="")
    opened.approve(1, sha)

    (status,) = opened.statuses(sha)
    (review,) = opened.reviews(1)
    assert (status.context, status.state, status.description, status.creator) == (
        "edp/policy", "pending", "waits", "edp-bot",
    )  # fmt: skip
    assert (review.login, review.state, review.commit) == ("edp-gate", "APPROVED", sha)


def test_a_merge_takes_the_gate_user_and_removes_the_branch(place: Place, opened: Forge) -> None:
    sha = head(place)
    make_mergeable(opened, sha)

    merge(opened, sha)

    merged = opened.merged(1)
    store = place.sandbox.repository(REPO).store
    assert merged is not None
    assert store.commit(merged.commit).author.name == "edp-gate"
    assert store.branch(BRANCH) is None


def test_merging_what_is_merged_is_no_error(place: Place, opened: Forge) -> None:
    sha = head(place)
    make_mergeable(opened, sha)

    merge(opened, sha)
    merge(opened, sha)

    assert opened.merged(1) is not None


def test_another_head_is_a_lost_race(place: Place, opened: Forge) -> None:
    sha = head(place)
    make_mergeable(opened, sha)
    make_mergeable(opened, place.commit("9\n"))

    with pytest.raises(LostMergeRaceError, match="head out of date"):
        merge(opened, sha)
    assert opened.merged(1) is None


def test_a_missing_status_is_a_lost_race(place: Place, opened: Forge) -> None:
    opened.approve(1, head(place))

    with pytest.raises(LostMergeRaceError, match="status checks"):
        merge(opened, head(place))


def test_a_missing_approval_is_told(place: Place, opened: Forge) -> None:
    make_mergeable(opened, head(place))
    place.sandbox.repository(REPO).pulls[0].reviews.clear()

    with pytest.raises(NeedsApprovalError, match="enough approvals"):
        merge(opened, head(place))


def test_a_forge_that_checks_for_conflicts_wants_patience(place: Place, opened: Forge) -> None:
    make_mergeable(opened, head(place))
    place.sandbox.conflict_check = 60

    with pytest.raises(StillCheckingError, match="#1: Please try again later"):
        merge(opened, head(place))


def test_a_closed_pull_request_is_a_lost_race(place: Place, opened: Forge) -> None:
    opened.close_pull(1, "")

    with pytest.raises(LostMergeRaceError, match="#1 is closed"):
        merge(opened, head(place))


def test_a_merge_whose_branch_stays_is_a_merge(place: Place, opened: Forge) -> None:
    place.sandbox.protect_branch(REPO, "promote/*", enable_push=True)
    make_mergeable(opened, head(place))

    merge(opened, head(place))

    assert opened.merged(1) is not None


def test_without_the_gates_token_nothing_is_merged(place: Place) -> None:
    forge = place.connect(gate_token="")
    forge.create_pull(PAIR, title="Promote", body="text")

    assert not forge.can_merge
    with pytest.raises(InvalidInputError, match="no token of the gate user"):
        merge(forge, head(place))


def test_an_open_pull_request_of_anybody_uses_the_branch(place: Place, forge: Forge) -> None:
    assert not forge.has_open_pull(PAIR)
    with forgejo.Forgejo(place.server.url, place.tokens["alice"]) as alice:
        alice.get_repo(REPO).create_pull(head=BRANCH, base="main", title="Mine")

    assert forge.has_open_pull(PAIR)


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        ({"token": "0" * 40}, InvalidInputError),
        ({"full_name": "platform/nothing"}, InvalidInputError),
    ],
)
def test_wrong_settings_are_told_without_the_token(
    place: Place, settings: dict[str, str], kind: type[EdpError]
) -> None:
    with pytest.raises(kind) as caught:
        place.connect(**settings).base()

    assert "0" * 40 not in caught.value.message
    assert "EDP_" in caught.value.hint


def test_an_archived_repository_refuses(place: Place, opened: Forge) -> None:
    place.sandbox.repository(REPO).archived = True

    with pytest.raises(RefusedError) as caught:
        opened.comment(1, "text", marker="text")

    assert "unarchive" in caught.value.hint


def test_a_server_that_fails_once_is_asked_again(place: Place, forge: Forge) -> None:
    place.fail("GET", "/branches/main", kind="status", status=503)

    assert forge.base().branch == "main"


def test_a_server_that_keeps_failing_is_unavailable_after_a_bounded_time(
    place: Place, forge: Forge
) -> None:
    place.fail("GET", "/branches/main", kind="status", status=503, times=10_000)

    with pytest.raises(UnavailableError, match="reading the default branch"):
        forge.base()

    assert place.clock["now"] - BEGIN <= timedelta(seconds=120)


def test_a_login_page_is_not_taken_for_an_answer(place: Place, forge: Forge) -> None:
    place.fail("GET", f"/repos/{REPO}", kind="html", times=10_000)

    with pytest.raises(UnavailableError):
        forge.base()


def test_a_write_is_not_repeated_when_its_outcome_is_unknown(place: Place, opened: Forge) -> None:
    place.fail("POST", "/comments", kind="reset", after_effect=True)

    with pytest.raises(UnavailableError, match="outcome unknown"):
        opened.comment(1, "text", marker="text")

    assert len(place.sandbox.repository(REPO).pulls[0].issue.comments) == 1


def test_a_label_that_the_token_may_not_put_names_the_scopes(place: Place, opened: Forge) -> None:
    token = place.sandbox.create_token("edp-bot", ("write:repository",))
    forge = place.connect(token=token)

    with pytest.raises(InvalidInputError) as caught:
        forge.add_label(1, "edp/allowed-again")

    assert "write:issue" in caught.value.hint


def test_a_conflict_asks_to_look(place: Place, forge: Forge) -> None:
    assert isinstance(translate(exceptions.ConflictError("x"), "y"), ConflictError)
    assert translate(exceptions.ConflictError("x"), "y").hint == "look, then run again"
