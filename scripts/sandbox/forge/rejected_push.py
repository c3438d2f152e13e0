"""How the server tells of its own git push being rejected: three times over, paths included."""

from sandbox.forge.git_store import RefMovedError
from sandbox.forge.records import Repository

PADDING = " " * 8


def hook_text(repository: Repository, said: str, refspec: str) -> str:
    """A push the pre-receive hook declined."""
    return _text(repository, f"remote: \nremote: {said}", f"{refspec} (pre-receive hook declined)")


def race_text(repository: Repository, moved: RefMovedError, refspec: str) -> str:
    """A push that found its branch moved by somebody else."""
    return _text(repository, f"remote: error: {moved}", f"{refspec} (failed to update ref)")


def _text(repository: Repository, remote: str, outcome: str) -> str:
    place = f"/data/repositories/{repository.full_name.lower()}.git"
    once = (
        f"{remote}{PADDING}\nTo {place}\n ! [remote rejected] {outcome}\n"
        f"error: failed to push some refs to '{place}'\n"
    )
    return f"PushRejected Error: exit status 1 - {once} - {once}: {once}\n"
