"""Branch and tag protections, as a repository's admin sets them up and reads them back."""

from typing import Any

from sandbox.forge.access import may
from sandbox.forge.api_repos import REPO
from sandbox.forge.call import Call, Endpoint, no_content
from sandbox.forge.forms import Field, Form, Kind
from sandbox.forge.protection import default_rule, is_glob
from sandbox.forge.records import BranchRule
from sandbox.forge.refusal import RefusalError, not_found
from sandbox.forge.shapes import branch_rule_shape, tag_rule_shape
from sandbox.http_messages import Response

KINDS: dict[type, Kind] = {bool: "bool", int: "int64", list: "[]string", type(None): "[]string"}
RULE = Form(
    "CreateBranchProtectionOption",
    (
        Field("rule_name"),
        Field("branch_name"),
        *(Field(key, KINDS.get(type(value), "string")) for key, value in default_rule().items()),
    ),
)
TAG_RULE = Form(
    "CreateTagProtectionOption",
    (
        Field("name_pattern"),
        Field("whitelist_usernames", "[]string"),
        Field("whitelist_teams", "[]string"),
    ),
)


def list_rules(call: Call) -> Response:
    return call.json(200, [_shape(rule) for rule in call.repository.branch_rules])


def get_rule(call: Call) -> Response:
    return call.json(200, _shape(_found(call)))


def create_rule(call: Call) -> Response:
    form = call.form(RULE)
    name = form.get("rule_name") or form.get("branch_name")
    if not name:
        raise RefusalError(400, "both rule_name and branch_name are empty")
    if any(rule.name == name for rule in call.repository.branch_rules):
        raise RefusalError(403, "Branch protection already exist")
    rule = call.forge.protect_branch(call.repository.full_name, name, **_settings(call, form))
    return call.json(201, _shape(rule))


def edit_rule(call: Call) -> Response:
    """Changes only the fields that are given."""
    rule = _found(call)
    rule.settings |= _settings(call, call.form(RULE))
    rule.updated = call.forge.now()
    return call.json(200, _shape(rule))


def delete_rule(call: Call) -> Response:
    call.repository.branch_rules.remove(_found(call))
    return no_content()


def _settings(call: Call, form: dict[str, Any]) -> dict[str, Any]:
    """The given settings; users who may not write are dropped from the lists silently."""
    settings = {key: value for key, value in form.items() if key in default_rule()}
    for key, names in settings.items():
        if key.endswith("_teams") and names:
            owner = f"org_id {call.repository.owner.id}, team_id 0"
            raise RefusalError(422, f"team does not exist [{owner}, name: {names[0]}]")
    return settings | {
        key: [login for login in names if _may_write(call, login)]
        for key, names in settings.items()
        if "whitelist_username" in key
    }


def _may_write(call: Call, login: str) -> bool:
    return may(call.forge.users[_known(call, login)], "write", call.repository)


def _known(call: Call, login: str) -> str:
    if login.lower() not in call.forge.users:
        raise RefusalError(422, f"user does not exist [uid: 0, name: {login}]")
    return login.lower()


def _found(call: Call) -> BranchRule:
    for rule in call.repository.branch_rules:
        if rule.name == call.params["name"]:
            return rule
    raise not_found()


def _shape(rule: BranchRule) -> dict[str, Any]:
    return branch_rule_shape(rule, is_glob=is_glob(rule.name))


# --- tags


def list_tag_rules(call: Call) -> Response:
    return call.json(200, [tag_rule_shape(rule) for rule in call.repository.tag_rules])


def create_tag_rule(call: Call) -> Response:
    form = call.form(TAG_RULE)
    pattern, users = form.get("name_pattern", ""), form.get("whitelist_usernames", [])
    if not pattern:
        raise RefusalError(400, "name_pattern are empty")
    if not users and not form.get("whitelist_teams"):
        raise RefusalError(400, "both whitelist_usernames and whitelist_teams are empty")
    if any(rule.pattern == pattern for rule in call.repository.tag_rules):
        raise RefusalError(403, "Tag protection already exist")
    logins = [call.forge.users[_known(call, login)].login for login in users]
    rule = call.forge.protect_tags(call.repository.full_name, pattern, users=logins)
    return call.json(201, tag_rule_shape(rule))


RULES = REPO + "/branch_protections"
ENDPOINTS = [
    Endpoint("GET", RULES, list_rules, need="admin"),
    Endpoint("POST", RULES, create_rule, need="admin"),
    Endpoint("GET", RULES + "/{name}", get_rule, need="admin"),
    Endpoint("PATCH", RULES + "/{name}", edit_rule, need="admin"),
    Endpoint("DELETE", RULES + "/{name}", delete_rule, need="admin"),
    Endpoint("GET", REPO + "/tag_protections", list_tag_rules, need="admin"),
    Endpoint("POST", REPO + "/tag_protections", create_tag_rule, need="admin"),
]
