"""What the contract tests make on a real server is what they need, and is gone at the end."""

from datetime import UTC, datetime
from pathlib import Path

from contract_live import LiveWorld
from contract_world import SCOPES

from forgejo import Forgejo
from sandbox.forge.server import start_forge
from sandbox.forge.state import Forge


def test_people_and_repositories_are_made_and_removed(tmp_path: Path) -> None:
    forge = Forge(tmp_path, clock=lambda: datetime.now(UTC))
    forge.create_user("root-admin", is_admin=True)
    token = forge.create_token("root-admin")

    with start_forge(forge) as server, LiveWorld(server.url, token) as world:
        bot, other = world.person("bot"), world.person("other")
        full_name = world.repository(bot, private=True)
        world.protect(full_name, "main", required_approvals=1)
        with Forgejo(server.url, bot.token) as client:
            repository = client.get_repo(full_name)
        scopes, seen_by = forge.tokens[bot.token].scopes, forge.repository(full_name).collaborators
        rule = forge.repository(full_name).branch_rules[0]

    assert (repository.can_push, repository.private, repository.empty) == (True, True, False)
    assert scopes == frozenset(SCOPES)
    assert other.login not in seen_by
    assert (rule.name, rule.settings["required_approvals"]) == ("main", 1)
    assert set(forge.users) == {"root-admin"}
    assert forge.repositories == {}
