"""Makes the bare repositories the forge serves, with the hooks that refuse and greet pushes."""

import shutil
from pathlib import Path

from sandbox.forge.git_process import run_git
from sandbox.forge.git_store import GitStore

# Each line of SANDBOX_DENIED is "<ref> TAB <message>"; the first pushed ref found there ends the
# whole push, as in Forgejo. SANDBOX_NO_FORCE lists refs that may only move forward.
PRE_RECEIVE = r"""#!/bin/sh
zero=0000000000000000000000000000000000000000
refuse() { printf '\nForgejo: %b\n' "$1" >&2; exit 1; }
while read -r old new ref; do
  while IFS='	' read -r denied message; do
    [ "$denied" = "$ref" ] && refuse "$message"
  done <<END
$SANDBOX_DENIED
END
  for forward in $SANDBOX_NO_FORCE; do
    [ "$forward" = "$ref" ] || continue
    [ "$old" = "$zero" ] && continue
    git merge-base --is-ancestor "$old" "$new" ||
      refuse "branch ${ref#refs/heads/} is protected from force push"
  done
done
exit 0
"""

POST_RECEIVE = r"""#!/bin/sh
while read -r old new ref; do
  while IFS='	' read -r known notice; do
    [ "$known" = "$ref" ] && printf '\n%b\n\n' "$notice" >&2
  done <<END
$SANDBOX_NOTICES
END
done
exit 0
"""

CONFIG = {
    "http.receivepack": "true",
    "uploadpack.allowFilter": "true",
    "uploadpack.allowAnySHA1InWant": "true",
    "uploadpack.allowReachableSHA1InWant": "true",
    "receive.hideRefs": "refs/pull/",
    "transfer.hideRefs": "refs/sandbox/",
    "receive.autogc": "false",
    "receive.denyDeleteCurrent": "ignore",
    "gc.auto": "0",
    "core.logAllRefUpdates": "false",
}


def create_store(path: Path, default_branch: str) -> GitStore:
    """An empty bare repository."""
    path.mkdir(parents=True)
    run_git(path, "init", "--quiet", "--bare", "--template=", f"--initial-branch={default_branch}")
    _equip(path)
    return GitStore(path)


def fork_store(source: GitStore, path: Path) -> GitStore:
    """A copy of another repository with its branches and tags."""
    shutil.copytree(source.path, path)
    shutil.rmtree(path / "refs" / "pull", ignore_errors=True)
    return GitStore(path)


def _equip(path: Path) -> None:
    config = path / "config"
    lines = [config.read_text()]
    for key, value in CONFIG.items():
        section, name = key.rsplit(".", 1)
        lines.append(f"[{section}]\n\t{name} = {value}\n")
    config.write_text("".join(lines))
    (path / "hooks").mkdir(exist_ok=True)
    for name, text in (("pre-receive", PRE_RECEIVE), ("post-receive", POST_RECEIVE)):
        hook = path / "hooks" / name
        hook.write_text(text)
        hook.chmod(0o755)
