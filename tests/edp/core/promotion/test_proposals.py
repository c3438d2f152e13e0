"""Telling our promotion branches from somebody else's, by their content alone."""

from dataclasses import replace

import pytest
from promotion_facts import DEV, HEAD, PROD, pin_of

from edp.core.promotion.commits import trailers
from edp.core.promotion.facts import BranchContent, Proposal
from edp.core.promotion.proposals import BranchFacts, BranchFile, add_to_listing, recognise

PATH = "environments/prod/keycloak.yaml"
LISTING = "environments/prod/kustomization.yaml"
LIST = b"resources:\n  - grafana.yaml  # first\n"


def application(version: str, replicas: int = 2, stack: str = "keycloak") -> bytes:
    pin = pin_of(version).replace("keycloak", stack)
    return (
        "# who changes this file asks the owners first\r\n"
        "spec:\r\n"
        "  source:\r\n"
        "    path: stacks/keycloak\r\n"
        f"    targetRevision: '{pin}'  # the pin\r\n"
        f"    helm: {{valuesObject: {{replicas: {replicas}}}}}\r\n"
    ).encode()


OLD, NEW = application("1.0.0"), application("1.1.0")
CHANGED = BranchFile(PATH, parent=OLD, head=NEW, main=OLD, merged=NEW)
ADDED = BranchFile(PATH, parent=None, head=NEW, main=None, merged=NEW)
LISTED = BranchFile(
    LISTING,
    parent=LIST,
    head=add_to_listing(LIST, "keycloak", path=LISTING),
    main=LIST,
    merged=add_to_listing(LIST, "keycloak", path=LISTING),
)
BRANCH = BranchFacts(
    pair=PROD,
    head=HEAD,
    message="Promote keycloak 1.0.0 -> 1.1.0 to prod\n",
    parents_on_main=(True,),
    is_by_bot=True,
    files=(CHANGED,),
    has_plain_modes=True,
)


def told(branch: BranchFacts) -> Proposal:
    return recognise(branch, application=PATH, kustomization=LISTING)


def with_file(**changed: bytes | None) -> BranchFacts:
    return replace(BRANCH, files=(replace(CHANGED, **changed),))  # type: ignore[arg-type]


ARRIVAL = replace(BRANCH, files=(ADDED, LISTED))


def arriving(*, added: dict[str, object] | None = None, **listed: object) -> BranchFacts:
    files = (replace(ADDED, **(added or {})), replace(LISTED, **listed))  # type: ignore[arg-type]
    return replace(BRANCH, files=files)


def test_a_commit_that_changes_the_pin_alone_is_ours() -> None:
    assert told(BRANCH) == Proposal(HEAD, BranchContent.OURS, version="1.1.0")


def test_whose_commit_it_is_does_not_matter_for_a_pin() -> None:
    assert told(replace(BRANCH, is_by_bot=False)).content is BranchContent.OURS


def test_a_version_that_a_person_asked_for_is_marked() -> None:
    asked = trailers(PROD, "1.0.0", "1.1.0", run_url="", is_chosen=True)

    assert told(replace(BRANCH, message=f"Promote\n\n{asked}\n")).is_chosen
    assert not told(BRANCH).is_chosen


def test_an_environment_that_changed_its_values_meanwhile_still_merges() -> None:
    branch = with_file(main=application("1.0.0", 3), merged=application("1.1.0", 3))

    assert told(branch).merges_cleanly


@pytest.mark.parametrize(
    "changed",
    [
        {"merged": None},
        {"merged": OLD},
        {"main": None, "merged": None},
        {"main": application("1.0.0", 3), "merged": NEW},
        {"main": application("1.2.0"), "merged": None},
    ],
    ids=["conflict", "lost", "removed from main", "undoes values", "moved pin"],
)
def test_a_merge_that_would_do_anything_else_is_not_clean(changed: dict[str, bytes | None]) -> None:
    found = told(with_file(**changed))

    assert (found.content, found.merges_cleanly) == (BranchContent.OURS, False)


@pytest.mark.parametrize(
    ("branch", "reason"),
    [
        (replace(BRANCH, parents_on_main=(False,)), "a commit that is not the bot's"),
        (replace(BRANCH, parents_on_main=()), "a commit that is not the bot's"),
        (replace(BRANCH, parents_on_main=(True, True)), "a commit that is not the bot's"),
        (replace(BRANCH, has_plain_modes=False), "a commit that is not the bot's"),
        (replace(BRANCH, files=()), "changes other files"),
        (replace(BRANCH, files=(replace(CHANGED, path="stacks/x"),)), "changes other files"),
        (replace(BRANCH, files=(CHANGED, replace(CHANGED, path="x"))), "changes other files"),
        (replace(BRANCH, pair=DEV, files=(LISTED,)), "changes other files"),
        (with_file(parent=None), "adds or removes the stack"),
        (with_file(head=None), "adds or removes the stack"),
        (with_file(head=application("1.1.0", 9)), "changes more than the pin"),
        (with_file(head=NEW.replace(b"\r\n", b"\n")), "changes more than the pin"),
        (with_file(head=NEW + b"\r\n"), "changes more than the pin"),
        (with_file(head=application("1.1.0", stack="grafana")), "changes more than the pin"),
        (with_file(head=OLD.replace(b"refs/tags/", b"")), "changes more than the pin"),
        (with_file(head=b"spec: {"), "cannot be read"),
        (with_file(head=b"spec: {}"), "cannot be read"),
    ],
)
def test_anything_else_is_somebody_elses(branch: BranchFacts, reason: str) -> None:
    found = told(branch)

    assert found.content is BranchContent.FOREIGN
    assert reason in found.reason
    assert found.head == HEAD


# arrivals


def test_a_stack_and_its_line_are_an_arrival() -> None:
    found = told(ARRIVAL)

    assert (found.content, found.version) == (BranchContent.OURS, "1.1.0")
    assert found.is_arrival
    assert found.merges_cleanly


def test_an_arrival_by_somebody_else_is_foreign() -> None:
    assert told(replace(ARRIVAL, is_by_bot=False)).content is BranchContent.FOREIGN


@pytest.mark.parametrize(
    ("branch", "reason"),
    [
        (arriving(added={"parent": OLD}), "changes other files"),
        (arriving(added={"head": None}), "changes other files"),
        (arriving(parent=None), "adds something but this stack"),
        (arriving(head=None), "adds something but this stack"),
        (
            arriving(added={"head": application("1.1.0", stack="grafana")}),
            "adds something but this stack",
        ),
        (arriving(head=LIST + b"  - evil.yaml\n"), "more than the list of stacks"),
        (arriving(parent=b"resources: 7\n"), "cannot be read"),
    ],
)
def test_an_arrival_that_brings_anything_else_is_foreign(branch: BranchFacts, reason: str) -> None:
    found = told(branch)

    assert found.content is BranchContent.FOREIGN
    assert reason in found.reason


@pytest.mark.parametrize(
    "branch",
    [
        arriving(added={"main": OLD}),
        arriving(main=None),
        arriving(merged=LIST),
        arriving(merged=None),
    ],
    ids=["already there", "no list", "lost", "conflict"],
)
def test_an_arrival_that_main_has_overtaken_is_not_clean(branch: BranchFacts) -> None:
    assert not told(branch).merges_cleanly
