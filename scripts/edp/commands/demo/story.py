"""The story: what happens, in which order, and how it is told."""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from edp.app import App
from edp.clients.process import Completed, curated_environment, run
from edp.commands.demo.content import Cast
from edp.commands.demo.people import Actor
from edp.commands.demo.progress import Progress
from edp.commands.demo.stage import Stage
from edp.core.promotion.pairs import Pair
from edp.errors import EdpError, UnavailableError

_DEADLINE: Final = 60.0
_PAUSE: Final = 0.4
_TRIES: Final = 120
BREAKAGE: Final = "Deployment policy-agent: ImagePullBackOff"


@dataclass(slots=True)
class Story:
    """Runs `edp` as the workflows do, and tells what came of it."""

    app: App
    stage: Stage
    cast: Cast
    pulls: dict[str, int] = field(default_factory=dict)
    """The promotions' numbers by environment."""
    _chapter: int = 0
    _said: set[tuple[str, str]] = field(default_factory=set)

    def tell(self, changed: Mapping[str, bytes]) -> None:
        """From the pull request with a new version to the matrix at the end."""
        self._merge_version(changed)
        self._release()
        *healthy, breaking, last = self.cast.way
        for environment in healthy:
            self._promote(environment)
        self._break(breaking)
        self._stop(breaking, last)
        self._say_why(last)
        self._matrix()

    @property
    def _progress(self) -> Progress:
        return Progress(self.app.output.stderr)

    @property
    def _author(self) -> Actor:
        return self.stage.people[0]

    @property
    def _reviewer(self) -> Actor:
        return self.stage.people[1]

    # --- chapters

    def _merge_version(self, changed: Mapping[str, bytes]) -> None:
        cast = self.cast
        title = f"{cast.stack} {cast.version}"
        number = self._author.propose(changed, branch=f"{cast.stack}-next", title=title)
        self._edp("reconcile", "--pull-request", str(number))
        self._reviewer.approve(number)
        self._author.merge(number)
        self._say(f"{title} merged", f"pull request #{number}, merged by {self._author.login}")

    def _release(self) -> None:
        done = self._edp("release", "--json")
        made = done["tagged"][0]
        tag = f"{made['stack']}/v{made['version']}"
        self._say("released", f"{tag} at {made['commit'][:8]}")

    def _promote(self, environment: str) -> None:
        self._until(environment, "merged", lambda: self._is_merged(environment))

    def _break(self, environment: str) -> None:
        snapshot = self.cast.snapshot
        argocd = snapshot.graph.environments[environment].argocd
        name = snapshot.application_name(Pair(self.cast.stack, environment))
        self.stage.argocds[argocd].degrade_next(name, BREAKAGE)
        self._promote(environment)

    def _stop(self, broken: str, last: str) -> None:
        self._until(broken, "Degraded", lambda: BREAKAGE in self._health_before(last))
        self._say_more(broken, f"Degraded: {BREAKAGE}")
        self._say(last, f"not promoted: {broken} is Degraded")

    def _say_why(self, environment: str) -> None:
        output = self.app.output
        output.line()
        output.line(f"$ edp explain {self.cast.stack} {environment}")
        output.line(self._run("explain", self.cast.stack, environment).stdout.decode().rstrip())

    def _matrix(self) -> None:
        output = self.app.output
        output.line()
        output.line("$ edp status")
        output.line(self._run("status").stdout.decode().rstrip())
        output.line()
        stack, last = self.cast.stack, self.cast.way[-1]
        output.line(f"Try: make demo KEEP=1, then edp explain {stack} {last}")

    # --- waiting for something to happen

    def _until(self, environment: str, what: str, has_happened: Callable[[], bool]) -> None:
        for _ in range(_TRIES):
            if has_happened():
                return
            self._progress.show(f"waiting for {environment} to be {what}")
            self.app.sleep(_PAUSE)
        raise UnavailableError(
            f"the demo waited in vain: {self.cast.stack} in {environment} is not {what}",
            hint="run it again; edp reconcile --json says what was decided",
        )

    def _is_merged(self, environment: str) -> bool:
        decision = self._decision(environment)
        self._say_what_is_healthy(environment, decision)
        for done in decision["done"]:
            number = done.split()[0].removeprefix("#")
            if done.endswith("opened"):
                self.pulls[environment] = int(number)
                self._say(environment, f"#{number} opened")
            if " merged as " in done:
                self._say_more(environment, f"{done}, by the gate user")
        self._wait_for_gates(environment, decision)
        return bool(decision["present"] == self.cast.version)

    def _say_what_is_healthy(self, environment: str, decision: Mapping[str, Any]) -> None:
        """The gate of one environment tells the health of those before it."""
        if _gate(decision, "healthy", self.cast.version)["state"] == "passed":
            for source in self.cast.snapshot.graph.environments[environment].source_names:
                self._say_once(source, "healthy", "Argo CD: Synced and Healthy")

    def _health_before(self, environment: str) -> str:
        """What keeps the version from an environment; nothing if it is merged or may be."""
        decision = self._decision(environment)
        if decision["present"] == self.cast.version:
            raise EdpError(f"{environment} was not stopped: {decision}")
        gate = _gate(decision, "healthy", self.cast.version)
        return str(gate["reason"]) if gate["state"] == "refused" else ""

    def _wait_for_gates(self, environment: str, decision: Mapping[str, Any]) -> None:
        number = self.pulls.get(environment)
        if number is None or decision["pull"] is None:
            return
        waiting = {
            gate["name"]: gate["reason"]
            for gate in decision["gates"]
            if gate["state"] == "waiting" and gate["name"] in ("soak", "approvals")
        }
        for name, reason in waiting.items():
            self._say_once(environment, name, f"waits for {name}: {reason}")
        if "approvals" in waiting:
            self._reviewer.approve(number)
            self._say_once(environment, "approved", f"approved by {self._reviewer.login}")

    # --- running edp

    def _decision(self, environment: str) -> dict[str, Any]:
        wanted = (self.cast.stack, environment)
        decisions: list[dict[str, Any]] = self._edp("reconcile", "--json")["decisions"]
        return next(one for one in decisions if (one["stack"], one["environment"]) == wanted)

    def _edp(self, *arguments: str) -> dict[str, Any]:
        done = self._run(*arguments)
        text = done.stdout.decode()
        document: dict[str, Any] = json.loads(text) if "--json" in arguments else {}
        return document

    def _run(self, *arguments: str) -> Completed:
        """One `edp` command in a process of its own, as a workflow's job runs it."""
        self._progress.show(f"edp {' '.join(arguments)}")
        environment = curated_environment(
            self.app.settings.process_environment, **self.stage.environment
        )
        argv = [sys.executable, "-m", "edp", *arguments]
        try:
            done = run(argv, cwd=Path.cwd(), environment=environment, deadline=_DEADLINE)
        finally:
            self._progress.clear()
        if done.returncode:
            raise UnavailableError(f"the demo stopped: {done.describe()}")
        return done

    # --- telling

    def _say(self, what: str, text: str) -> None:
        self._chapter += 1
        self.app.output.line(f"  {self._chapter}  {f'{what} '.ljust(34, '.')} {text}")

    def _say_more(self, environment: str, text: str) -> None:
        self.app.output.line(f"     {f'{environment} '.ljust(34, '.')} {text}")

    def _say_once(self, environment: str, key: str, text: str) -> None:
        if (environment, key) not in self._said:
            self._said.add((environment, key))
            self._say_more(environment, text)


def _gate(decision: Mapping[str, Any], name: str, version: str) -> Mapping[str, Any]:
    """A gate of the decision about a version; an empty one if it is about another."""
    nothing = {"state": "", "reason": ""}
    if decision["version"] != version:
        return nothing
    return next((gate for gate in decision["gates"] if gate["name"] == name), nothing)
