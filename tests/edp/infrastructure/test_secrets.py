"""No secret is in anything that a job says, posts, writes down or starts a process with."""

import os
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from tf_backend import PASSWORD, StateBackend, StateFault
from tf_binaries import default_binary
from tf_platform import KEY, TerraformPlatform, server
from tf_world import TestWorld, make_world
from world import Result

REFUSED, UNAVAILABLE = 3, 4
ROOT = "dev/network"
TOKEN = "t0ken-of-the-provider"
VARIABLE = "sensitive-variable-4711"
DISK = "key-of-a-disk-0815"
OUTPUT = "sensitive-output-1234"
LITERAL = "sensitive-literal-5678"
LINES = ("-----BEGIN SECRET KEY-----", "first-line-of-a-key-3344", "last-line-of-a-key-5566")
INSTANCE = "key-of-an-instance-9012"
SECRETS = {
    "the provider's token": TOKEN,
    "a variable": VARIABLE,
    "a nested attribute": DISK,
    "an output": OUTPUT,
    "an expression": LITERAL,
    "the key of an instance": INSTANCE,
    "the first line of a key": LINES[1],
    "the last line of a key": LINES[2],
    "the backend's password": PASSWORD,
    "the key that signs plans": KEY,
}
VARIABLES = f"""\
variable "secret" {{
  type      = string
  sensitive = true
  default   = "{VARIABLE}"
}}
variable "key" {{
  type      = string
  sensitive = true
  default   = "{LINES[0]}\\n{LINES[1]}\\n{LINES[2]}"
}}
variable "names" {{
  type      = set(string)
  sensitive = true
  default   = ["{INSTANCE}"]
}}
output "secret" {{
  value     = "{OUTPUT}"
  sensitive = true
}}
resource "terraform_data" "each" {{
  for_each = nonsensitive(var.names)
  input    = each.key
}}
resource "terraform_data" "literal" {{
  input = sensitive("{LITERAL}")
}}
"""
BOX = f"""\
  password = var.secret
  labels   = {{ by = "edp" }}
  disk {{
    name = "root"
    key  = "{DISK}"
  }}
"""
CONTENT = VARIABLES + server("box", more=BOX)
FAILING = server(
    "bad", more='  password = var.secret\n  refusal  = "no: ${var.secret}"\n'
) + server("worse", more=f'  refusal = sensitive("{LITERAL}")\n')
CHECK = """\
check "size" {
  assert {
    condition     = world_server.box.size == "tiny"
    error_message = "not the size of ${nonsensitive(var.secret)}, ${nonsensitive(var.key)}"
  }
}
"""
TALKATIVE = """\
from tf.utils import Diagnostics
add_error = Diagnostics.add_error
def add_all(self, summary, detail="", path=None):
    add_error(self, f"{summary}: {detail}", detail, path)
Diagnostics.add_error = add_all
main()
"""


class Job:
    """A job on a platform; everything that it tells is kept."""

    def __init__(self, platform: TerraformPlatform, folder: Path) -> None:
        self.platform = platform
        self.said: dict[str, str] = {}
        self.words = folder / "arguments"
        self.outputs = folder / "outputs"
        self.results = folder / "results"
        programs = folder / "bin"
        programs.mkdir()
        _write_down(programs / "terraform", default_binary().path, self.words)
        platform.more |= {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "EDP_TERRAFORM": "",
            "TF_VAR_token": TOKEN,
            "FORGEJO_OUTPUT": str(self.outputs),
        }

    def run(self, *arguments: str, code: int) -> Result:
        """A command that ends with this code."""
        done = self.platform.edp(*arguments)
        self.said[f"{len(self.said)}: {' '.join(arguments)}"] = done.stdout + done.stderr
        assert done.code == code, done.stdout + done.stderr
        return done

    def has_said(self, text: str) -> bool:
        return any(text in said for said in self.said.values())

    def everything(self) -> dict[str, str]:
        """Each text by its place."""
        return dict(self._texts())

    def _texts(self) -> Iterator[tuple[str, str]]:
        yield from self.said.items()
        yield "arguments", self.words.read_text()
        yield "step outputs", self.outputs.read_text() if self.outputs.exists() else ""
        for file in self.results.glob("**/*.*"):
            yield f"result {file.name}", file.read_text()
        world = self.platform.world
        for pull in world.as_bot().get_pulls(state="all"):
            for number, comment in enumerate(world.comments(pull.number)):
                yield f"comment {number} of #{pull.number}", comment
            for status in world.as_bot().get_combined_status(pull.head.sha).statuses:
                yield f"status {status.context}", status.description
        for path in world.ledger_paths() if "refs/heads/edp-ledger" in world.refs() else []:
            yield f"ledger {path}", world.text(path, "edp-ledger")

    def leaks(self) -> list[str]:
        """Which secret is where."""
        box = self.platform.cloud
        made = {"a computed attribute": box.server("box")["token"]} if box.has("box") else {}
        return [
            f"{name}: {place}"
            for place, text in self.everything().items()
            for name, secret in (SECRETS | made | self._tokens()).items()
            if secret in text.replace("\\", "")  # as Markdown and JSON may have escaped it
        ]

    def _tokens(self) -> dict[str, str]:
        tokens = self.platform.world.platform.tokens
        return {f"the token of {login}": token for login, token in tokens.items()}


def _write_down(program: Path, real: Path, words: Path) -> None:
    """A program that notes its arguments and becomes the real one."""
    note = f"printf '%s\\n' \"$@\" >>{shlex.quote(str(words))}"
    program.write_text(f'#!/bin/sh\n{note}\nexec {shlex.quote(str(real))} "$@"\n')
    program.chmod(0o755)


@pytest.fixture
def cloud(tmp_path: Path) -> TestWorld:
    """Its provider puts all that it has to say into the summary as well, as many do."""
    made = make_world(tmp_path / "cloud", tmp_path / "home")
    for program in made.home.rglob("terraform-provider-world_*"):
        program.write_text(program.read_text().replace("main()\n", TALKATIVE))
    return made


@pytest.fixture
def job(platform: TerraformPlatform, tmp_path: Path) -> Job:
    return Job(platform, tmp_path)


def change(job: Job, content: str) -> int:
    """A pull request that changes the Terraform root, planned and merged."""
    return job.platform.changed_to(ROOT, content)


@pytest.fixture
def live(job: Job) -> Job:
    """Everything that is secret is in the state."""
    change(job, CONTENT)
    job.run("apply", "--root", ROOT, code=0)
    state = job.platform.backend.states["dev-network"].decode()
    assert [one for one in (VARIABLE, DISK, OUTPUT, INSTANCE, LITERAL) if one not in state] == []
    return job


def test_plans_of_a_pull_request(job: Job) -> None:
    job.platform.root(ROOT, CONTENT + CHECK)
    job.platform.commit()
    pull = job.platform.pull()

    job.run("plan", "--root", ROOT, code=0)
    job.run("plan", "--root", ROOT, "--json", code=0)
    job.run("plan", "--open", "--json", code=0)
    (opened,) = job.platform.comments(pull.number)
    told = ("plan", "--base", "origin/main", "--pull-request", str(pull.number))
    job.run(*told, "--results", str(job.results), code=0)
    job.run(*told, "--from-results", str(job.results), code=0)

    assert "terraform_data.each" in opened
    assert any(place.startswith("result ") for place in job.everything())
    assert job.has_said("not the size of [redacted]")
    assert "-detailed-exitcode" in job.words.read_text().split()
    assert job.leaks() == []


def test_a_token_of_the_job_in_what_a_provider_says_of_a_plan(job: Job) -> None:
    lookup = 'data "world_lookup" "box" {\n  name = "box"\n}\n'
    job.platform.cloud.breaks(f"bad token {TOKEN}")
    job.platform.root(ROOT, lookup)
    job.platform.commit()
    pull = job.platform.pull()

    job.run("plan", "--root", ROOT, code=UNAVAILABLE)
    job.run("plan", "--open", "--json", code=0)
    job.platform.merge(pull)
    job.run("drift", "--json", code=UNAVAILABLE)
    job.run("apply", "--root", ROOT, "--json", code=UNAVAILABLE)

    assert job.has_said("bad token [redacted]")
    assert job.leaks() == []


def test_what_is_applied_what_is_not_and_what_cannot_be_stored(
    live: Job, backend: StateBackend
) -> None:
    live.platform.cloud.edit("box", password="another", size="huge")
    live.run("drift", code=0)
    live.run("drift", "--json", code=0)
    number = change(live, CONTENT + CHECK)
    live.platform.cloud.edit("box", labels={"by": "hand"})
    live.run("apply", "--root", ROOT, "--json", code=REFUSED)
    (told,) = live.platform.results(number)
    digest = live.run("apply", "--root", ROOT, "--json", code=REFUSED).document["roots"][0][
        "digest"
    ]

    backend.fault = StateFault("POST", status=500)
    live.run("apply", "--root", ROOT, "--accept", digest, code=UNAVAILABLE)
    backend.fault = None
    live.run("recover", ROOT, code=0)

    assert "world_server.box" in told
    assert live.has_said("its state could not be stored")
    assert live.leaks() == []


def test_what_a_provider_says_when_an_apply_fails(job: Job) -> None:
    change(job, CONTENT + FAILING)

    job.run("apply", "--root", ROOT, "--json", code=UNAVAILABLE)
    job.run("apply", "--root", ROOT, code=UNAVAILABLE)

    assert job.has_said("The world refuses")
    assert [one for one in job.leaks() if ": ledger " not in one] == []


@pytest.mark.exhaustive
def test_what_the_ledger_has_of_an_apply_that_failed(job: Job) -> None:
    change(job, CONTENT + FAILING)

    job.run("apply", "--root", ROOT, code=UNAVAILABLE)

    assert job.leaks() == []


@pytest.mark.exhaustive
def test_what_the_ledger_has_of_an_instance_that_would_be_gone(live: Job) -> None:
    change(live, CONTENT.replace("nonsensitive(var.names)", "toset([])"))

    live.run("apply", "--root", ROOT, code=REFUSED)

    assert live.has_said("waits for the label")
    assert live.leaks() == []


@pytest.mark.exhaustive
def test_what_a_provider_says_of_the_state_when_nothing_can_be_planned(live: Job) -> None:
    computed = live.platform.cloud.server("box")["token"]
    live.platform.cloud.breaks(f"bad {computed}, {DISK}")
    live.platform.root(ROOT, CONTENT.replace("small", "huge"))
    live.platform.commit()
    live.platform.pull("broken")

    live.run("plan", "--open", "--json", code=0)
    live.run("drift", "--json", code=UNAVAILABLE)

    assert live.leaks() == []
