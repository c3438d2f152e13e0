"""Tags: read, made and removed."""

from sandbox.forge.api_repos import BAD_REF, REPO
from sandbox.forge.call import Call, Endpoint, no_content
from sandbox.forge.forms import Field, Form
from sandbox.forge.git_store import ZERO
from sandbox.forge.protection import tag_is_protected_from
from sandbox.forge.refusal import RefusalError, not_found, server_error
from sandbox.forge.shapes_git import tag_shape
from sandbox.http_messages import Response

NEW_TAG = Form(
    "CreateTagOption",
    (Field("tag_name", required=True), Field("message"), Field("target")),
)


def list_tags(call: Call) -> Response:
    """The newest tag first, as far as its commit's time tells."""
    refs = call.repository.store.refs("refs/tags/")
    tags = [(ref.removeprefix("refs/tags/"), sha) for ref, sha in reversed(refs.items())]
    return call.page(tags, lambda tag: tag_shape(call, *tag))


def get_tag(call: Call) -> Response:
    name = call.params["tag"]
    sha = call.repository.store.tag(name)
    if sha is None:
        raise not_found(message=name)
    return call.json(200, tag_shape(call, name, sha))


def create_tag(call: Call) -> Response:
    """An annotated tag where there is a message, else a plain one."""
    form, store = call.form(NEW_TAG), call.repository.store
    name, target = form["tag_name"], form.get("target") or call.repository.default_branch
    commit = store.commit_of(target)
    if commit is None:
        text = f"target not found: object does not exist [id: {target}, rel_path: ]"
        raise RefusalError(404, text)
    if store.tag(name) is not None:
        raise RefusalError(409, f"tag already exists [name: {name}]")
    if BAD_REF.search(name):
        raise server_error(f"exit status 128 - fatal: '{name}' is not a valid tag name.")
    if tag_is_protected_from(call.user, call.repository, name):
        raise RefusalError(422, "user not allowed to create protected tag")
    who, message = call.forge.signature(call.user), form.get("message")
    sha = store.write_tag(name, commit, message, who) if message else commit
    call.forge.move_ref(call.repository, f"refs/tags/{name}", sha, ZERO)
    return call.json(201, tag_shape(call, name, sha))


def delete_tag(call: Call) -> Response:
    name = call.params["tag"]
    sha = call.repository.store.tag(name)
    if sha is None:
        raise not_found()
    if tag_is_protected_from(call.user, call.repository, name):
        raise RefusalError(422, "user not allowed to delete protected tag")
    call.forge.move_ref(call.repository, f"refs/tags/{name}", ZERO, sha)
    return no_content()


ENDPOINTS = [
    Endpoint("GET", REPO + "/tags", list_tags),
    Endpoint("POST", REPO + "/tags", create_tag, need="write"),
    Endpoint("GET", REPO + "/tags/{tag*}", get_tag),
    Endpoint("DELETE", REPO + "/tags/{tag*}", delete_tag, need="write"),
]
