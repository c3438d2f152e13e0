"""The forge as a web server: routes, credentials, rights, and errors in Forgejo's words."""

import json
import posixpath
import re
from functools import partial
from importlib import resources

from sandbox.forge import (
    api_accounts,
    api_comments,
    api_contents,
    api_git,
    api_issues,
    api_labels,
    api_merge,
    api_new_pulls,
    api_new_repos,
    api_protections,
    api_pulls,
    api_repos,
    api_reviews,
    api_statuses,
    api_tags,
    api_workflows,
    git_http,
)
from sandbox.forge.access import BadCredentialsError, Caller, is_public_only, may, require_scope
from sandbox.forge.call import Call, Endpoint
from sandbox.forge.git_store import RefMovedError
from sandbox.forge.records import Repository
from sandbox.forge.refusal import EmptyRefusalError, RefusalError, not_found, server_error
from sandbox.forge.state import Forge
from sandbox.web import App, Request, Response, Router, Server, json_response

API = "/api/v1"
MODULES = (
    api_repos, api_accounts, api_new_repos, api_contents, api_git, api_tags, api_new_pulls,
    api_pulls, api_merge, api_reviews, api_statuses, api_protections, api_issues, api_comments,
    api_labels, api_workflows,
)  # fmt: skip
DEPRECATED = (
    "token and access_token API authentication is deprecated and will be removed in Forgejo "
    "v13.0.0. Please use AuthorizationHeaderToken instead. Existing queries will continue to work "
    "but without authorization."
)
REFUSED_NEEDS = {
    "write": "user should have a permission to write to a repo",
    "admin": "user should be an owner or a collaborator with admin write of a repository",
}
WORKS_ARCHIVED = ("/statuses/{sha}", "/{repo}")


def start_forge(forge: Forge) -> Server:
    """A server for the forge, to be used in a `with` or started by hand."""
    server = Server(forge_app(forge), name="forge")
    forge.root_url = server.url
    return server


def forge_app(forge: Forge) -> App:
    """Answers API calls and git; all other pages of a Forgejo do not exist here."""
    router = Router(missing=lambda _: page_not_found())
    for method, pattern, endpoint in _routes():
        route = partial(_answer, forge, endpoint) if endpoint else _unsupported
        router.add(method, pattern, route)
    for method, pattern, handler in git_http.ROUTES:
        router.add(method, pattern, partial(handler, forge))
    return lambda request: router(_cleaned(request))


def page_not_found() -> Response:
    headers = {"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"}
    return Response(404, headers, b"404 page not found\n")


def _cleaned(request: Request) -> Request:
    """Dots in a path are resolved before it is routed."""
    if ".." not in request.path.split("/"):
        return request
    path = posixpath.normpath(request.path)
    return Request(
        request.method, path, request.query, request.headers, request.body, request.raw_query
    )


def _routes() -> list[tuple[str, str, Endpoint | None]]:
    """All routes of a real Forgejo, the most literal first; None where the sandbox has nothing."""
    routes: list[tuple[str, str, Endpoint | None]] = [
        (endpoint.method, endpoint.pattern, endpoint)
        for module in MODULES
        for endpoint in module.ENDPOINTS
    ]
    known = json.loads(resources.files("sandbox.forge").joinpath("known_routes.json").read_text())
    for path, methods in known.items():
        for kind in ("diff", "patch") if "{diffType}" in path else ("",):
            pattern = API + path.replace("{diffType}", kind)
            routes += [(method, pattern, None) for method in methods.split()]
    return sorted(routes, key=lambda route: _vagueness(route[1]))


def _vagueness(pattern: str) -> list[int]:
    return [_vagueness_of(segment) for segment in pattern.split("/")]


def _vagueness_of(segment: str) -> int:
    if "{" not in segment:
        return 0
    if segment.endswith("*}"):
        return 3
    return 2 if re.fullmatch(r"\{\w+\}", segment) else 1


def _unsupported(request: Request, params: dict[str, str]) -> Response:  # noqa: ARG001 - a route
    text = f"the sandbox does not implement {request.method} {request.path}"
    return json_response(501, {"message": text, "url": ""})


# --- one call


def _answer(forge: Forge, endpoint: Endpoint, request: Request, params: dict[str, str]) -> Response:
    with forge.lock:
        forge.catch_up()
        try:
            caller = forge.accounts.caller(request)
        except BadCredentialsError as error:
            return _refused(forge, RefusalError(401, error.text), Caller())
        return _warned(request, _answer_to(forge, endpoint, request, params, caller))


def _answer_to(
    forge: Forge, endpoint: Endpoint, request: Request, params: dict[str, str], caller: Caller
) -> Response:
    try:
        _require_own_password(forge, caller)
        if caller.token is not None and endpoint.scope:
            require_scope(caller, endpoint.scope)
        found = _repository(forge, params, caller) if "repo" in params else None
        _require(endpoint, caller, found)
        return endpoint.handler(Call(forge, request, params, caller, found))
    except RefusalError as refusal:
        return _refused(forge, refusal, caller)
    except RefMovedError as moved:
        return _refused(forge, server_error(str(moved)), caller)
    except EmptyRefusalError as refusal:
        return Response(refusal.status)


def _refused(forge: Forge, refusal: RefusalError, caller: Caller) -> Response:
    payload = refusal.payload(forge.root_url, to_admin=caller.is_admin)
    return json_response(refusal.status, payload)


def _warned(request: Request, response: Response) -> Response:
    """A token in the query still works, with a warning."""
    if not (request.first("token") or request.first("access_token")):
        return response
    return Response(response.status, {**response.headers, "Warning": DEPRECATED}, response.body)


def _repository(forge: Forge, params: dict[str, str], caller: Caller) -> Repository:
    if params["owner"].lower() not in forge.users:
        text = f"user redirect does not exist [name: {params['owner']}]"
        raise not_found(text, message="GetUserByName")
    found = forge.repositories.get(f"{params['owner']}/{params['repo']}".lower())
    if found is None or not may(caller.user, "read", found):
        raise not_found()
    if found.private and is_public_only(caller.token):
        raise RefusalError(403, "token scope is limited to public repos")
    return found


def _require_own_password(forge: Forge, caller: Caller) -> None:
    if caller.user is not None and caller.user.must_change_password:
        where = f"{forge.root_url}//user/change_password"
        text = f"You must change your password. Change it at: {where}"
        raise RefusalError(403, body={"message": text})


def _require(endpoint: Endpoint, caller: Caller, found: Repository | None) -> None:
    """What the user must be allowed to do; archived repositories take statuses only."""
    if endpoint.need != "nothing" and caller.user is None:
        raise RefusalError(401, "token is required")
    if found is None:
        return
    if endpoint.need in ("write", "admin") and not may(caller.user, endpoint.need, found):
        raise RefusalError(403, REFUSED_NEEDS[endpoint.need])
    is_writing = endpoint.method != "GET" and not endpoint.pattern.endswith(WORKS_ARCHIVED)
    if found.archived and is_writing:
        raise RefusalError(423, f"<Repository {found.id}:{found.full_name}> is archived")
