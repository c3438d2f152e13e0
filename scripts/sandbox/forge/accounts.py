"""What becomes of a repository or an account that is deleted."""

import shutil

from sandbox.forge.records import Repository, User
from sandbox.forge.state import Forge


def delete_repository(forge: Forge, repository: Repository) -> None:
    """Forget a repository and remove it from disk."""
    del forge.repositories[repository.full_name.lower()]
    shutil.rmtree(repository.store.path)


def delete_account(forge: Forge, account: User) -> None:
    """Forget a user or organisation, its tokens, and what it was allowed."""
    del forge.users[account.login.lower()]
    for secret in [secret for secret, one in forge.tokens.items() if one.user is account]:
        del forge.tokens[secret]
    for repository in forge.repositories.values():
        repository.collaborators.pop(account.login, None)
    for organisation in forge.users.values():
        organisation.owners = [owner for owner in organisation.owners if owner is not account]


def repositories_of(forge: Forge, account: User) -> list[Repository]:
    """What belongs to an account."""
    return [one for one in forge.repositories.values() if one.owner is account]


def organisations_of(forge: Forge, user: User) -> list[User]:
    """What a user owns."""
    return [one for one in forge.users.values() if user in one.owners]
