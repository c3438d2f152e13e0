"""Git over HTTP: who may fetch and push, what a push is told, and what follows it."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.forge.access import BadCredentialsError, Caller, has_scope, may
from sandbox.forge.git_backend import git_answer, whole
from sandbox.forge.git_store import ZERO
from sandbox.forge.protection import push_refusal, rule_for
from sandbox.forge.records import Repository
from sandbox.forge.state import Forge
from sandbox.http_messages import Request, Response

RECEIVE = "git-receive-pack"
BRANCHES = "refs/heads/"
WRONG = (
    "Credentials are incorrect or have expired. Retry your command or see "
    "https://codeberg.org/forgejo/forgejo/issues/2809 for more information"
)
ARCHIVED = (
    "This repo is archived. You can view files and clone it, but cannot push or open "
    "issues/pull-requests."
)


@dataclass(frozen=True)
class PushedRef:
    """One line of a push: the ref, what the pusher knew of it, and what it shall be."""

    ref: str
    old: str
    new: str


class _TurnedAwayError(Exception):
    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.response = _plain(status, text)


def advertise(forge: Forge, request: Request, params: dict[str, str]) -> Response:
    """The refs, for a fetch or for a push."""
    return _serve(forge, request, params, pushing=request.first("service") == RECEIVE)


def upload(forge: Forge, request: Request, params: dict[str, str]) -> Response:
    return _serve(forge, request, params, pushing=False)


def receive(forge: Forge, request: Request, params: dict[str, str]) -> Response:
    """A push: the hooks refuse, git updates the refs, the forge follows."""
    with forge.lock:
        forge.catch_up()
        try:
            caller, repository = _admit(forge, request, params, pushing=True)
        except _TurnedAwayError as away:
            return away.response
        pushed = list(_pushed_refs(request))
        _meet_the_race(forge, repository, pushed)
        before = repository.store.refs("refs/")
        orders = _orders(forge, repository, caller, pushed)
        response = whole(_run(forge, request, repository, caller, orders))
        _follow(forge, repository, before)
        return response


def _serve(forge: Forge, request: Request, params: dict[str, str], *, pushing: bool) -> Response:
    with forge.lock:
        forge.catch_up()
        try:
            caller, repository = _admit(forge, request, params, pushing=pushing)
        except _TurnedAwayError as away:
            return away.response
    return _run(forge, request, repository, caller, {})


def _run(
    forge: Forge, request: Request, repository: Repository, caller: Caller, orders: dict[str, str]
) -> Response:
    user = caller.user.login if caller.user else ""
    inside = repository.store.path.relative_to(forge.folder).as_posix()
    action = request.path.split("/", 3)[3]
    return git_answer(forge.folder, f"/{inside}/{action}", request, user, orders)


# --- who may


def _admit(
    forge: Forge, request: Request, params: dict[str, str], *, pushing: bool
) -> tuple[Caller, Repository]:
    """The caller and the repository; whether a ref may be written is the hook's question."""
    try:
        caller = forge.accounts.caller(request)
    except BadCredentialsError:
        raise _TurnedAwayError(401, WRONG) from None
    name = f"{params['owner']}/{params['repo'].removesuffix('.git')}"
    found = forge.repositories.get(name.lower())
    if caller.user is None and (found is None or found.private or pushing):
        raise _TurnedAwayError(401, "")
    if found is None or not may(caller.user, "read", found):
        raise _TurnedAwayError(404, "Repository not found")
    if not _scope_suffices(caller, found, pushing=pushing):
        raise _TurnedAwayError(403, "Forbidden")
    if pushing and found.archived:
        raise _TurnedAwayError(403, ARCHIVED)
    return caller, found


def _scope_suffices(caller: Caller, repository: Repository, *, pushing: bool) -> bool:
    if pushing:
        return has_scope(caller.token, "write:repository")
    return not repository.private or has_scope(caller.token, "read:repository")


def _plain(status: int, text: str) -> Response:
    headers = {"Content-Type": "text/plain;charset=utf-8"}
    if status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="Forgejo"'
    return Response(status, headers, f"{text}\n".encode() if text else b"")


# --- what a push wants, and what it is told


def _pushed_refs(request: Request) -> Iterator[PushedRef]:
    """The update commands at the start of a push, one per packet."""
    body = request.body
    if request.header("content-encoding") == "gzip":
        body = gzip.decompress(body)
    while (size := int(body[:4] or b"0", 16)) > 4:
        line = body[4:size].split(b"\0")[0].decode(errors="replace").strip()
        old, new, ref = line.split(" ", 2)
        yield PushedRef(ref, old, new)
        body = body[size:]


def _meet_the_race(forge: Forge, repository: Repository, pushed: list[PushedRef]) -> None:
    """Lets a test move a ref just before git looks at it."""
    if forge.before_ref_update is not None:
        for update in pushed:
            forge.before_ref_update(repository.full_name, update.ref)


def _orders(
    forge: Forge, repository: Repository, caller: Caller, pushed: list[PushedRef]
) -> dict[str, str]:
    """What the hooks shall refuse and say."""
    if caller.user is None:
        return {}
    denied = [
        f"{update.ref}\t{said}"
        for update in pushed
        if (said := push_refusal(caller.user, repository, update.ref, update.new))
    ]
    forward = [
        update.ref
        for update in pushed
        if rule_for(repository, update.ref.removeprefix(BRANCHES)) is not None
    ]
    notices = [_notice(forge, repository, update) for update in pushed]
    return {
        "SANDBOX_DENIED": "\n".join(denied),
        "SANDBOX_NO_FORCE": " ".join(forward),
        "SANDBOX_NOTICES": "\n".join(filter(None, notices)),
    }


def _notice(forge: Forge, repository: Repository, update: PushedRef) -> str:
    """The advice after a push to a branch that is not the default one."""
    branch = update.ref.removeprefix(BRANCHES)
    default = repository.default_branch
    if update.new == ZERO or branch in (update.ref, default):
        return ""
    page = f"{forge.root_url}/{repository.full_name}"
    for pull in repository.pulls:
        if pull.is_open and pull.head_branch == branch and pull.head_repository is repository:
            text = f"Visit the existing pull request:\\n  {page}/pulls/{pull.number}"
            return f"{update.ref}\t{text}"
    advice = f"Create a new pull request for '{branch}':"
    return f"{update.ref}\t{advice}\\n  {page}/compare/{default}...{branch}"


def _follow(forge: Forge, repository: Repository, before: dict[str, str]) -> None:
    after = repository.store.refs("refs/")
    for ref in sorted(before.keys() | after.keys()):
        old, new = before.get(ref, ZERO), after.get(ref, ZERO)
        if old != new:
            forge.pushed(repository, ref, new, old)


ROUTES = [
    ("GET", "/{owner}/{repo}/info/refs", advertise),
    ("POST", "/{owner}/{repo}/git-upload-pack", upload),
    ("POST", "/{owner}/{repo}/git-receive-pack", receive),
]
