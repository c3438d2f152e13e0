"""Starting git: its environment, its configuration, its errors."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from edp.clients.git_names import require_branch, require_pattern, require_url
from edp.clients.git_values import Remote
from edp.clients.process import Completed, curated_environment, last_lines, run
from edp.errors import EdpError, InvalidInputError, UnavailableError

LOCAL_DEADLINE: Final = 120.0
MAXIMUM_OUTPUT: Final = 128 * 1024 * 1024
# No protocol has this name; before git 2.45 this is what keeps a local command from fetching.
_NO_NETWORK: Final = {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none"}
_HTTP_ONLY: Final = {"GIT_ALLOW_PROTOCOL": "http:https"}
_PAUSES: Final = (1.0, 3.0)
_SAFE: Final = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.attributesFile": "/dev/null",
    "core.excludesFile": "/dev/null",
    "core.commitGraph": "false",
    "core.useReplaceRefs": "false",
    # A clone lives as long as the run. By default each of thousands of tags waits for the disk.
    "core.fsync": "none",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "log.showRoot": "true",
    "log.showSignature": "false",
    "merge.renames": "false",
    "merge.directoryRenames": "false",
    # The folder is the one that was asked for, whoever owns it: runners check out as other users.
    "safe.directory": "*",
}
_NETWORK: Final = {
    "http.followRedirects": "false",
    "http.sslVerify": "true",
    "http.proxy": "",
    "http.lowSpeedLimit": "1",
    "http.lowSpeedTime": "30",
    "http.postBuffer": "16777216",
    "credential.helper": "",
    "core.askPass": "",
    "transfer.fsckObjects": "true",
}
_DENIED: Final = re.compile(
    r"Authentication failed|could not read Username|could not read Password|"
    r"returned error: 40[13]\b|HTTP 40[13]\b"
)
_NO_SUCH_REF: Final = "couldn't find remote ref"
_NOT_FOUND: Final = re.compile(r"repository '[^']*' not found|returned error: 404\b|HTTP 404\b")


class NoSuchRefError(InvalidInputError):
    """The server lists no ref of a name that must exist."""


@dataclass(frozen=True, slots=True)
class Git:
    """One repository on disk. Without a remote no command can reach the network."""

    folder: Path
    """The git directory itself."""
    environment: Mapping[str, str] = field(repr=False)
    """Curated, without git's own variables."""
    remote: Remote | None = None
    deadline: float = LOCAL_DEADLINE
    """Seconds for each command that reaches the network."""
    sleep: Callable[[float], None] | None = field(default=None, repr=False)
    """Given, reads that failed for want of the server are repeated twice."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no message may show."""
        return (self.remote.token,) if self.remote and self.remote.token else ()

    def run(
        self,
        *arguments: str,
        input: bytes = b"",  # noqa: A002 - the word that subprocess uses
        allowed: Sequence[int] = (0,),
        extra: Mapping[str, str] | None = None,
        max_output: int = MAXIMUM_OUTPUT,
    ) -> Completed:
        """A command on the local repository; UnavailableError for a code not `allowed`."""
        environment = local_environment(self.environment, self.folder) | dict(extra or {})
        done = run(
            ("git", *arguments),
            cwd=self.folder,
            environment=environment,
            deadline=LOCAL_DEADLINE,
            input=input,
            max_output=max_output,
        )
        if done.returncode not in allowed:
            raise UnavailableError(done.describe(self.secrets))
        return done

    def text(self, *arguments: str, input: bytes = b"") -> str:  # noqa: A002 - as above
        """What a local command prints, without the line feed at its end."""
        return decode(self.run(*arguments, input=input).stdout).removesuffix("\n")

    def write_to_server(self, *arguments: str) -> Completed:
        """A push, whatever its code; never repeated, and without fetching what is missing."""
        environment = network_environment(self.environment, self.folder, self.require_remote())
        return self._run_with(environment | {"GIT_NO_LAZY_FETCH": "1"}, arguments)

    def read_from_server(
        self,
        *arguments: str,
        input: bytes = b"",  # noqa: A002 - as above
        config: Mapping[str, str] | None = None,
    ) -> Completed:
        """A command that only reads from the server, repeated when the server fails."""
        for pause in _PAUSES if self.sleep else ():
            try:
                return self._read_once(arguments, input, config or {})
            except UnavailableError:
                if self.sleep:
                    self.sleep(pause)
        return self._read_once(arguments, input, config or {})

    def require_remote(self) -> Remote:
        """The remote, or an error for a repository that is only read here."""
        if self.remote is None:
            raise InvalidInputError(f"{self.folder}: this repository is used without its server")
        return self.remote

    def failure(self, done: Completed) -> EdpError:
        """Why a command that talked to the server failed, and what to do."""
        lines = decode(done.stderr).splitlines()
        said = "\n".join(line for line in lines if not line.startswith("remote:"))
        url = self.require_remote().url
        if _DENIED.search(said):
            hint = "check that the token is current and may read and write this repository"
            return InvalidInputError(f"{url}: access denied: {self._said(done)}", hint=hint)
        if _NOT_FOUND.search(said):
            hint = "check EDP_REPOSITORY, and that the token may see the repository"
            return InvalidInputError(f"{url}: no such repository", hint=hint)
        if _NO_SUCH_REF in said:
            return NoSuchRefError(f"{url}: {done.describe(self.secrets)}")
        return UnavailableError(f"{url}: {done.describe(self.secrets)}")

    def _read_once(
        self, arguments: Sequence[str], stdin: bytes, config: Mapping[str, str]
    ) -> Completed:
        remote = self.require_remote()
        environment = network_environment(self.environment, self.folder, remote, config)
        done = self._run_with(environment | {"GIT_NO_LAZY_FETCH": "1"}, arguments, stdin)
        if done.returncode != 0:
            raise self.failure(done)
        return done

    def _run_with(
        self, environment: Mapping[str, str], arguments: Sequence[str], stdin: bytes = b""
    ) -> Completed:
        return run(
            ("git", *arguments),
            cwd=self.folder,
            environment=environment,
            deadline=self.deadline,
            input=stdin,
            max_output=MAXIMUM_OUTPUT,
        )

    def _said(self, done: Completed) -> str:
        return last_lines(done.stderr, self.secrets)


def decode(raw: bytes) -> str:
    """Text that can be printed, whatever the bytes."""
    return raw.decode("utf-8", errors="backslashreplace")


def local_environment(base: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The environment of a command that must not reach the network."""
    return _environment(base, folder, _SAFE) | _NO_NETWORK


def network_environment(
    base: Mapping[str, str], folder: Path, remote: Remote, more: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The environment of a command that talks to the remote; the only place of the token."""
    url = require_url(remote.url)
    config = _SAFE | _NETWORK | {"remote.origin.url": url, **(more or {})}
    if remote.token:
        config[f"http.{url}.extraHeader"] = f"Authorization: token {remote.token}"
    if remote.ca_bundle:
        config["http.sslCAInfo"] = str(remote.ca_bundle)
    return _environment(base, folder, config) | _HTTP_ONLY


def refspecs(remote: Remote) -> tuple[str, ...]:
    """Each wanted ref under its own name. A `*` lets a ref be missing; the default may not be."""
    branch = f"refs/heads/{require_branch(remote.branch)}"
    wanted = [require_pattern(ref).removesuffix("*") + "*" for ref in remote.refs]
    return tuple(f"+{ref}:{ref}" for ref in (branch, *wanted))


def _environment(
    base: Mapping[str, str], folder: Path, config: Mapping[str, str]
) -> dict[str, str]:
    environment = curated_environment(
        base,
        LC_ALL="C",
        GIT_DIR=str(folder),
        GIT_CONFIG_NOSYSTEM="1",
        GIT_CONFIG_GLOBAL="/dev/null",
        GIT_TERMINAL_PROMPT="0",
        GIT_LITERAL_PATHSPECS="1",
        GIT_OPTIONAL_LOCKS="0",
        GIT_CONFIG_COUNT=str(len(config)),
    )
    for index, (key, value) in enumerate(config.items()):
        environment[f"GIT_CONFIG_KEY_{index}"] = key
        environment[f"GIT_CONFIG_VALUE_{index}"] = value
    return environment
