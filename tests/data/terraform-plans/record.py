"""Record the plans beside this file with the `terraform` on the search path.

    python -m venv V && V/bin/pip install tf==1.2.0 && V/bin/python record.py

Each scenario is a list of steps on one Terraform root: a configuration, then what is done with it.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

HERE = Path(__file__).parent
HEAD = 'terraform {\n  required_providers {\n    fake = { source = "example/fake" }\n  }\n}\n'
LOCK = {
    "ID": "5f1c0a52-7a3e-4c1b-9f6e-0d9a4f5b7c11",
    "Operation": "OperationTypeApply",
    "Info": "run 4711",
    "Who": "runner@ci-1",
    "Version": "1.11.4",
    "Created": "2026-03-04T05:06:07.891Z",
    "Path": "",
}


class Root:
    """One Terraform root with a world of its own."""

    def __init__(self, base: Path, name: str) -> None:
        self.folder, self.world = base / name, base / f"{name}-world"
        self.folder.mkdir()
        self.world.mkdir()
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(base),
            "TF_CLI_CONFIG_FILE": str(base / "cli.tfrc"),
            "FAKE_WORLD": str(self.world),
            "CHECKPOINT_DISABLE": "1",
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
        }

    def write(self, text: str) -> None:
        (self.folder / "main.tf").write_text(HEAD + text)

    def run(self, *argv: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            ["terraform", *argv],
            check=False,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
        )

    def done(self, *argv: str) -> None:
        result = self.run(*argv)
        assert result.returncode == 0, result.stdout + result.stderr

    def apply(self, text: str) -> None:
        self.write(text)
        self.done("init", "-no-color")
        self.done("apply", "-auto-approve", "-no-color")

    def outside(self, name: str, **values: object) -> None:
        """Change an object of the world, or delete it without values."""
        for file in self.world.glob(f"{name}-*.json"):
            if values:
                file.write_text(json.dumps(json.loads(file.read_text()) | values))
            else:
                file.unlink()

    def plan(self, *options: str) -> dict[str, object]:
        self.done("init", "-no-color")
        result = self.run(
            "plan", "-json", "-detailed-exitcode", "-lock=false", "-out=p.tfplan", *options
        )
        shown = self.run("show", "-json", "p.tfplan")
        return {
            "exit": result.returncode,
            "events": [json.loads(line) for line in result.stdout.splitlines()],
            "plan": json.loads(shown.stdout) if shown.stdout.strip() else None,
        }


def server(label: str, *lines: str) -> str:
    body = "\n".join(f"  {line}" for line in (f'name = "{label}"', *lines))
    return f'resource "fake_server" "{label}" {{\n{body}\n}}\n'


A, B = server("a", 'note = "one"'), server("b")
IGNORING = server("a", 'note = "one"', "lifecycle { ignore_changes = [note] }")
CREATE_FIRST = "lifecycle { create_before_destroy = true }"
FEED = server("b", "note = fake_server.a.note")
EVIL = '"x`~~~```<b>@root \\n fixes #1 \U0001f600"'

SECRETS = """
variable "token" {
  type      = string
  sensitive = true
  default   = "hunter2-token"
}
"""


def steps(*states: str, then: Callable[[Root], None] | None = None, options: tuple[str, ...] = ()):
    """Apply all configurations but the last, let something happen, plan the last."""

    def scenario(root: Root) -> dict[str, object]:
        for text in states[:-1]:
            root.apply(text)
        if then:
            then(root)
        root.write(states[-1])
        return root.plan(*options)

    return scenario


def deposed(root: Root) -> dict[str, object]:
    root.apply(server("stuck", 'size = "s"', CREATE_FIRST))
    root.write(server("stuck", 'size = "l"', CREATE_FIRST))
    root.run("apply", "-auto-approve")
    return root.plan()


def imported(root: Root, *lines: str) -> dict[str, object]:
    (root.world / "old-1.json").write_text(json.dumps({"id": "old-1", "name": "old", **BLANK}))
    root.write('import {\n  to = fake_server.old\n  id = "old-1"\n}\n' + server("old", *lines))
    return root.plan()


BLANK = dict.fromkeys(("size", "note", "replicas", "password", "tags", "settings"))
CHECK = 'check "health" {\n  assert {\n    condition     = fake_server.a.note == "fine"\n'
CHECK += '    error_message = "a says ${fake_server.a.note}"\n  }\n}\n'
PRECONDITION = 'lifecycle {\n precondition {\n  condition = fake_server.a.note == "x"\n'
PRECONDITION += '  error_message = "not today"\n }\n}'
OUTPUT = 'output "note" {\n  value = fake_server.a.note\n}\n'
TAGS = 'tags = { team = "x", token = var.token }'
SCENARIOS: dict[str, Callable[[Root], dict[str, object]]] = {
    "clean": steps(A, A),
    "create": steps(server("a", 'size = "s"', 'tags = { team = "x" }') + OUTPUT),
    "update": steps(A, server("a", 'note = "two"', 'tags = { team = "y" }')),
    "replace": steps(server("a", 'size = "s"'), server("a", 'size = "l"')),
    "replace-create-first": steps(
        server("a", 'size = "s"', CREATE_FIRST), server("a", 'size = "l"', CREATE_FIRST)
    ),
    "replace-asked-for": steps(A, A, options=("-replace=fake_server.a",)),
    "destroy": steps(A + B, B),
    "destroy-all": steps(A + B, A + B, options=("-destroy",)),
    "destroy-by-count": steps(server("a", "count = 2"), server("a", "count = 1")),
    "forget": steps(
        A + B, B + "removed {\n  from = fake_server.a\n  lifecycle {\n    destroy = false\n  }\n}\n"
    ),
    "deposed": deposed,
    "import": imported,
    "import-and-update": lambda root: imported(root, 'note = "new"'),
    "move": steps(
        A,
        "moved {\n  from = fake_server.a\n  to = fake_server.c\n}\n"
        + A.replace('"fake_server" "a"', '"fake_server" "c"'),
    ),
    "output-only": steps(A, A + OUTPUT),
    "data-read": steps(server("a") + 'data "fake_image" "i" {\n  name = fake_server.a.id\n}\n'),
    "drift-update": steps(A, A, then=lambda root: root.outside("a", note="changed")),
    "drift-deleted": steps(A, A, then=lambda root: root.outside("a")),
    "drift-deleted-and-removed": steps(A + B, B, then=lambda root: root.outside("a")),
    "drift-changed-and-removed": steps(
        A + B, B, then=lambda root: root.outside("a", note="changed")
    ),
    "drift-sensitive": steps(
        server("a", 'password = "hunter2-one"'),
        server("a", 'password = "hunter2-one"'),
        then=lambda root: root.outside("a", password="hunter2-two"),
    ),
    "drift-and-pending": steps(
        A + B, A + server("b", 'note = "new"'), then=lambda root: root.outside("a", note="changed")
    ),
    "drift-merged-already": steps(
        A, server("a", 'note = "changed"'), then=lambda root: root.outside("a", note="changed")
    ),
    "drift-moved": steps(
        A,
        "moved {\n  from = fake_server.a\n  to = fake_server.c\n}\n"
        + A.replace('"fake_server" "a"', '"fake_server" "c"'),
        then=lambda root: root.outside("a", note="changed"),
    ),
    "drift-refresh-only": steps(
        A, A, then=lambda root: root.outside("a", note="changed"), options=("-refresh-only",)
    ),
    "drift-unseen": steps(
        A, A, then=lambda root: root.outside("a", note="changed"), options=("-refresh=false",)
    ),
    "ignored-drift": steps(IGNORING, IGNORING, then=lambda root: root.outside("a", note="changed")),
    "ignored-drift-output": steps(
        IGNORING + OUTPUT, IGNORING + OUTPUT, then=lambda root: root.outside("a", note="changed")
    ),
    "ignored-drift-fed": steps(
        IGNORING + FEED, IGNORING + FEED, then=lambda root: root.outside("a", note="changed")
    ),
    "ignored-drift-and-pending": steps(
        IGNORING + B,
        IGNORING + server("b", 'note = "new"'),
        then=lambda root: root.outside("a", note="changed"),
    ),
    "sensitive-nested": steps(
        SECRETS + server("a", TAGS, 'password = "hunter2-old"', 'settings = { k = "hunter2-k" }'),
        SECRETS.replace("hunter2-token", "hunter2-other")
        + server("a", TAGS, 'password = "hunter2-new"', 'settings = { k = "hunter2-k2" }')
        + 'output "secret" {\n  value = var.token\n  sensitive = true\n}\n',
    ),
    "unknown": steps(
        server("a") + server("b", "note = fake_server.a.id", "tags = { peer = fake_server.a.id }")
    ),
    "failed-check": steps(A + CHECK, A + CHECK),
    "check-unknown": steps(A + CHECK.replace("note ==", "id ==")),
    "errored": steps(A, A + server("b", PRECONDITION)),
    "hostile-names": steps(server("a", f"for_each = toset([{EVIL}])")),
    "numbers": steps(
        server("a", "replicas = 1.5"), server("a", "replicas = 12345678901234567890123")
    ),
}


class Held(BaseHTTPRequestHandler):
    """A state server on which somebody else holds the lock."""

    def do_GET(self) -> None:
        self._answer(404, b"")

    def do_LOCK(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        broken = self.path.startswith("/broken")
        self._answer(500 if broken else 423, b"" if broken else json.dumps(LOCK).encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def said(root: Root, *argv: str) -> dict[str, object]:
    """What a failing command says, for people and as JSON."""
    plain, boxed, events = root.run(*argv, "-no-color"), root.run(*argv), root.run(*argv, "-json")
    return {
        "exit": plain.returncode,
        "plain": (plain.stdout + plain.stderr).decode(),
        "boxed": (boxed.stdout + boxed.stderr).decode(),
        "json": events.stdout.decode(),
    }


def local_lock(base: Path) -> dict[str, object]:
    root = Root(base, "local-lock")
    root.apply(A)
    holder = "import fcntl,sys,time;f=open('terraform.tfstate','r+');fcntl.lockf(f,fcntl.LOCK_EX);"
    code = holder + "print(1,flush=True);sys.stdin.read()"
    (root.folder / ".terraform.tfstate.lock.info").write_text(
        json.dumps(LOCK | {"Path": "terraform.tfstate"})
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=root.folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout
    assert process.stdin
    process.stdout.readline()
    try:
        return said(root, "plan")
    finally:
        process.stdin.close()
        process.wait()


def http_lock(base: Path, path: str) -> dict[str, object]:
    root = Root(base, f"http-{path}")
    with HTTPServer(("127.0.0.1", 0), Held) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/{path}"
        backend = f'terraform {{\n  backend "http" {{\n    address = "{address}"\n'
        backend += f'    lock_address = "{address}"\n    retry_max = 0\n  }}\n}}\n'
        root.write(backend + A)
        root.done("init")
        try:
            return said(root, "plan")
        finally:
            server.shutdown()


def failure(base: Path, name: str, text: str, *argv: str) -> dict[str, object]:
    root = Root(base, name)
    root.write(text)
    root.done("init")
    return said(root, "plan", *argv)


def prepare(base: Path) -> None:
    folder = base / "plugins/registry.terraform.io/example/fake/1.0.0/linux_amd64"
    folder.mkdir(parents=True)
    provider = folder / "terraform-provider-fake_v1.0.0"
    provider.write_text(f"#!{sys.executable}\n" + (HERE / "fake_provider.py").read_text())
    provider.chmod(0o755)
    (base / "cli.tfrc").write_text(
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{base}/plugins"\n'
        '    include = ["example/*"]\n  }\n}\n'
    )


def record(base: Path) -> None:
    for name, scenario in SCENARIOS.items():
        root = Root(base, name)
        recorded = scenario(root)
        (HERE / f"{name}.json").write_text(json.dumps(recorded, indent=1) + "\n")
        sys.stdout.write(f"{name}: exit {recorded['exit']}\n")
        if name == "create":
            shutil.copy(root.folder / "p.tfplan", HERE / "create.tfplan")
    failures = {
        "lock-local": local_lock(base),
        "lock-http": http_lock(base, "held"),
        "lock-http-broken": http_lock(base, "broken"),
        "missing-var-file": failure(base, "f1", A, "-var-file=missing.tfvars"),
        "two-errors": failure(base, "f2", server("a", "note = nope.y", "size = nope.x")),
        "warning": failure(base, "f3", A, "-target=fake_server.a"),
    }
    (HERE / "said.json").write_text(json.dumps(failures, indent=1) + "\n")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder))
        record(Path(folder))
