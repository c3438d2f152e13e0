"""Versions that are named somewhere: released, by the bot, not withdrawn."""

from collections.abc import Mapping
from dataclasses import dataclass

from edp.core.names import tag_name
from edp.core.release.versions import Version
from edp.core.repository.layout import yank_path
from edp.core.repository.problems import shown
from edp.core.validation.facts import Releases
from edp.text import did_you_mean


@dataclass(frozen=True, slots=True)
class Versions:
    """What is known of versions: tags (None if git knows none), stacks of the tree, yanks."""

    releases: Releases | None
    stacks: Mapping[str, str]
    """The version in the work tree by stack, "" where it cannot be read."""
    yanked: frozenset[Version]

    def mistake(self, version: Version) -> tuple[str, str] | None:
        """Why a version cannot be used, with a hint; None if it can."""
        if self.releases is None:
            return self._unknown_stack(version.stack)
        problem = self.releases.problem(version)
        if problem is None:
            return self._unreleased(version, self.releases)
        return (problem, "`edp release` says more") if problem else None

    def yanked_mistake(self, version: Version) -> tuple[str, str] | None:
        """The same for a version that is withdrawn."""
        if version not in self.yanked:
            return None
        message = f"{version.stack} {version.version} is withdrawn by {yank_path(*version)}"
        return message, "promote another version, or roll back"

    def _unknown_stack(self, stack: str) -> tuple[str, str] | None:
        if stack in self.stacks:
            return None
        return f"there is no stack {shown(stack)}", did_you_mean(stack, self.stacks)

    def _unreleased(self, version: Version, releases: Releases) -> tuple[str, str]:
        name, text = version
        if self.stacks.get(name) == text:
            message = f"{name} {text} is not released yet: this tree introduces it"
            return message, "merge it first; it is tagged and promoted after that"
        newest = releases.newest(name)
        if not newest:
            return f"there is no release of {name}", did_you_mean(name, self.stacks)
        message = f"there is no release {tag_name(name, text)}"
        return message, f"the newest is {newest}; if yours exists on the server: git fetch --tags"
