"""Merges that wait for the checks: scheduled, cancelled, and done when a status succeeds."""

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from sandbox.forge.merging import merge, refuse_by_person
from sandbox.forge.protection import rule_for
from sandbox.forge.records import MergeRequest, PullRequest, Repository, Status, User
from sandbox.forge.refusal import RefusalError, not_found

if TYPE_CHECKING:
    from sandbox.forge.state import Forge


def schedule(repository: Repository, pull: PullRequest, user: User, wish: MergeRequest) -> None:
    """Remembers who wants what merged; the commit that was named is forgotten, as recorded."""
    refuse_by_person(repository, pull, user)
    if pull.scheduled is not None:
        text = "pull request is already scheduled to auto merge when checks succeed"
        raise RefusalError(409, f"{text} [pull_id: {pull.id}]")
    pull.scheduled = (user, replace(wish, head_commit=""))


def cancel(pull: PullRequest) -> None:
    if pull.scheduled is None or pull.merged_at is not None:
        raise not_found()
    pull.scheduled = None


def status_posted(forge: "Forge", repository: Repository, status: Status) -> None:
    """A success on the head of a scheduled pull request to a protected branch lets it go."""
    for pull in repository.pulls:
        waits = pull.scheduled is not None and pull.is_open and pull.head_sha == status.sha
        if waits and status.state == "success" and rule_for(repository, pull.base_branch):
            forge.after(forge.lag.scheduled_merge, partial(_merge_now, forge, repository, pull))


def _merge_now(forge: "Forge", repository: Repository, pull: PullRequest) -> None:
    """Merges if it may; whatever refuses it is not told to anybody."""
    if pull.scheduled is None:
        return
    try:
        merge(forge, repository, pull, *pull.scheduled)
    except RefusalError:
        return
