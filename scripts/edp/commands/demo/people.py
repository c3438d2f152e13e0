"""What people do in the demo, through the forge's API as anybody would."""

from collections.abc import Mapping
from dataclasses import dataclass

import forgejo
from edp.clients.forge_errors import translated
from forgejo import CommitTarget, FileChange


@dataclass(frozen=True, slots=True)
class Actor:
    """A person on the forge, with a token of their own."""

    login: str
    repository: forgejo.Repository

    def propose(self, files: Mapping[str, bytes], *, branch: str, title: str) -> int:
        """Open a pull request with new content of existing and new files; returns its number."""
        with translated(f"{self.login} opens a pull request"):
            repository = self.repository
            changes = [self._change(path, content) for path, content in files.items()]
            base = repository.default_branch
            target = CommitTarget(title, branch=base, new_branch=branch)
            repository.change_files(*changes, target=target)
            return repository.create_pull(head=branch, base=base, title=title).number

    def _change(self, path: str, content: bytes) -> FileChange:
        try:
            known = self.repository.get_file(path)
        except forgejo.NotFoundError:
            return FileChange.create(path, content)
        return FileChange.update(path, content, sha=known.sha)

    def approve(self, number: int) -> None:
        """Approve a pull request as it is now."""
        with translated(f"{self.login} approves #{number}"):
            pull = self.repository.get_pull(number)
            pull.create_review(event="APPROVED", commit_id=pull.head.sha)

    def merge(self, number: int) -> None:
        """Merge a pull request as it is now."""
        with translated(f"{self.login} merges #{number}"):
            pull = self.repository.get_pull(number)
            pull.merge(head_commit_id=pull.head.sha)
