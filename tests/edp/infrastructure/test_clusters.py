"""`edp clusters`: outputs of Terraform roots reach the Argo CDs, and their tokens nobody else."""

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_IMODE
from typing import Any

import pytest
from tf_platform import TerraformPlatform, thing
from world import Result

from sandbox.web import Request, Response, Server, json_response

INVALID, REFUSED, UNAVAILABLE = 2, 3, 4
CA = (Path(__file__).parents[2] / "data" / "tls" / "ca.crt").read_text(encoding="ascii")
TOKEN = "token-of-{0}"
OBJECT = re.compile(r"/api/v1/namespaces/([a-z-]+)/(secrets|configmaps)/([a-z0-9-]+)")


MADE = f"""\
{thing("dev")}
output "argocd_cluster" {{
  sensitive = true
  value = {{
    name   = "edp-dev"
    server = "https://edp-dev.example.org:6443"
    token  = "{TOKEN.format("edp-dev")}"
    ca     = <<-EOT
{CA}EOT
  }}
}}
output "cluster" {{
  value = {{ name = "edp-dev", nodes = 3 }}
}}
output "password" {{
  sensitive = true
  value     = "hunter22"
}}
"""


def state(name: str, **changes: str) -> bytes:
    """What is left of an apply of such a Terraform root for another cluster."""
    server = f"https://{name}.example.org:6443"
    cluster = {"name": name, "server": server, "token": TOKEN.format(name), "ca": CA, **changes}
    facts = {"name": name, "nodes": 3}
    texts = dict.fromkeys(cluster, "string")
    document = {
        "version": 4,
        "terraform_version": "1.11.0",
        "serial": 1,
        "lineage": "1f0c3a3e-2a57-4b8e-9d3e-0f3c1a1b2c3d",
        "resources": [],
        "outputs": {
            "argocd_cluster": {"value": cluster, "type": ["object", texts], "sensitive": True},
            "cluster": {"value": facts, "type": ["object", {"name": "string", "nodes": "number"}]},
            "password": {"value": "hunter22", "type": "string", "sensitive": True},
        },
    }
    return json.dumps(document).encode()


@dataclass
class Hub:
    """The API server that an Argo CD runs in; it keeps what is applied."""

    objects: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)
    answer: Response | None = None

    def __call__(self, request: Request) -> Response:
        place = OBJECT.fullmatch(request.path)
        if self.answer is not None:
            return self.answer
        if request.method != "PATCH" or place is None:
            return Response(404, {}, b"")
        body = json.loads(request.body)
        namespace, kinds, name = place.groups()
        self.objects[namespace, kinds, name] = body
        return json_response(200, body)

    def secret(self, name: str) -> dict[str, str]:
        data: dict[str, str] = self.objects["argocd", "secrets", name]["data"]
        return data


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
def kubeconfig(hub: Hub, tmp_path: Path) -> Iterator[str]:
    """One file with the contexts of all Argo CDs."""
    with Server(hub, name="hub") as server:
        document = {
            "contexts": [
                {"name": name, "context": {"cluster": "hub", "user": "admin"}}
                for name in ("dev", "test", "prod-hub")
            ],
            "clusters": [{"name": "hub", "cluster": {"server": server.url}}],
            "users": [{"name": "admin", "user": {"token": "the-applying-token"}}],
        }
        path = tmp_path / "admin.kubeconfig"
        path.write_text(json.dumps(document))
        yield str(path)


@pytest.fixture
def live(platform: TerraformPlatform) -> TerraformPlatform:
    """The cluster of `dev` is made."""
    platform.backend.states["dev-network"] = state("edp-dev")
    return platform


def clusters(platform: TerraformPlatform, *arguments: str, **environment: str) -> Result:
    done = platform.edp("clusters", *arguments, **environment)
    for secret in ("token-of-", "hunter22", "BEGIN CERT", base64.b64encode(CA.encode()).decode()):
        assert secret not in done.stdout + done.stderr
    return done


def row(done: Result, root: str) -> str:
    (found,) = (line for line in done.stdout.splitlines() if line.startswith(root))
    return found


def test_what_terraform_has_made_is_told(
    platform: TerraformPlatform, hub: Hub, kubeconfig: str
) -> None:
    platform.adopt(MADE)

    done = clusters(platform, "--apply", "--context", "dev", KUBECONFIG=kubeconfig)

    assert done.code == 0, done.stderr
    assert row(done, "dev/network").endswith("facts-dev-network: applied")
    config = json.loads(base64.b64decode(hub.secret("cluster-dev-network")["config"]))
    assert config["bearerToken"] == "token-of-edp-dev"


def test_the_clusters_and_what_argo_cd_would_be_told_are_shown(live: TerraformPlatform) -> None:
    done = clusters(live)

    assert done.code == 0, done.stderr
    found = row(done, "dev/network")
    assert "edp-dev" in found
    assert "https://edp-dev.example.org:6443" in found
    assert found.endswith("Secret cluster-dev-network, ConfigMap facts-dev-network")
    assert row(done, "test/network").endswith("nothing: no outputs that Argo CD could use")


def test_the_document_has_names_addresses_and_keys(live: TerraformPlatform) -> None:
    done = clusters(live, "--root", "dev/network", "--json")

    assert done.document == {
        "schema": 1,
        "dryRun": False,
        "roots": [
            {
                "root": "dev/network",
                "context": "dev",
                "cluster": {"name": "edp-dev", "server": "https://edp-dev.example.org:6443"},
                "objects": [
                    {
                        "kind": "Secret",
                        "name": "cluster-dev-network",
                        "namespace": "argocd",
                        "keys": ["config", "name", "server"],
                    },
                    {
                        "kind": "ConfigMap",
                        "name": "facts-dev-network",
                        "namespace": "argocd",
                        "keys": ["cluster"],
                    },
                ],
                "done": [],
                "problem": None,
            }
        ],
    }


def test_files_hold_the_objects_for_their_owner_alone(
    live: TerraformPlatform, tmp_path: Path
) -> None:
    folder = tmp_path / "objects"

    done = clusters(live, "--out", str(folder))

    assert done.code == 0, done.stderr
    files = {path.name: path for path in folder.iterdir()}
    assert set(files) == {"cluster-dev-network.json", "facts-dev-network.json"}
    assert {S_IMODE(path.stat().st_mode) for path in files.values()} == {0o600}
    assert S_IMODE(folder.stat().st_mode) == 0o700
    secret = json.loads(files["cluster-dev-network.json"].read_text())
    config = json.loads(secret["stringData"]["config"])
    assert config["bearerToken"] == "token-of-edp-dev"
    facts = json.loads(files["facts-dev-network.json"].read_text())
    assert json.loads(facts["data"]["cluster"]) == {"name": "edp-dev", "nodes": 3}
    assert row(done, "dev/network").endswith("facts-dev-network: written")


def test_objects_are_applied_to_their_argo_cd(
    live: TerraformPlatform, hub: Hub, kubeconfig: str
) -> None:
    done = clusters(live, "--apply", "--context", "dev", KUBECONFIG=kubeconfig)

    assert done.code == 0, done.stderr
    assert row(done, "dev/network").endswith("facts-dev-network: applied")
    assert set(hub.objects) == {
        ("argocd", "secrets", "cluster-dev-network"),
        ("argocd", "configmaps", "facts-dev-network"),
    }
    assert base64.b64decode(hub.secret("cluster-dev-network")["name"]) == b"edp-dev"


def test_an_argo_cd_is_not_told_of_what_belongs_to_another(
    live: TerraformPlatform, hub: Hub, kubeconfig: str
) -> None:
    done = clusters(live, "--apply", "--context", "prod-hub", KUBECONFIG=kubeconfig)

    assert done.code == 0, done.stderr
    assert row(done, "dev/network").endswith("not applied: belongs to context dev")
    assert hub.objects == {}


def test_a_dry_run_writes_nothing_anywhere(
    live: TerraformPlatform, hub: Hub, kubeconfig: str, tmp_path: Path
) -> None:
    folder = tmp_path / "objects"
    wish = ("--apply", "--context", "dev", "--out", str(folder), "--dry-run")

    done = clusters(live, *wish, KUBECONFIG=kubeconfig, EDP_PAUSED="holidays")

    assert done.code == 0, done.stderr
    assert row(done, "dev/network").endswith("would be written, would be applied")
    assert hub.objects == {}
    assert not folder.exists()


def test_a_pause_stops_writing_and_not_looking(
    live: TerraformPlatform, hub: Hub, kubeconfig: str, tmp_path: Path
) -> None:
    paused = {"KUBECONFIG": kubeconfig, "EDP_PAUSED": "holidays"}

    assert clusters(live, **paused).code == 0
    assert clusters(live, "--apply", "--context", "dev", **paused).code == REFUSED
    assert clusters(live, "--out", str(tmp_path / "objects"), **paused).code == REFUSED
    assert hub.objects == {}
    assert not (tmp_path / "objects").exists()


def test_what_is_wrong_with_one_cluster_stops_no_other(
    live: TerraformPlatform, hub: Hub, kubeconfig: str
) -> None:
    live.backend.states["test-network"] = state("edp-test", server="http://edp-test.example.org")

    done = clusters(live, "--apply", "--context", "dev", KUBECONFIG=kubeconfig)

    assert done.code == INVALID
    assert "test/network: argocd_cluster.server: expected https" in done.stderr
    assert row(done, "test/network").endswith("nothing: see below")
    assert len(hub.objects) == 2


def test_one_argo_cd_is_not_told_twice_of_a_cluster(
    live: TerraformPlatform, hub: Hub, kubeconfig: str
) -> None:
    live.root("dev/other", thing("other"))
    live.commit()
    live.push()
    live.backend.states["dev-other"] = state("edp-dev", server="https://other.example.org")

    done = clusters(live, "--apply", "--context", "dev", KUBECONFIG=kubeconfig)

    assert done.code == INVALID
    assert "dev/other: name: is also the name of dev/network's cluster" in done.stderr
    assert hub.objects == {}


def test_an_argo_cd_that_refuses_is_told_without_the_tokens(
    live: TerraformPlatform, hub: Hub, kubeconfig: str
) -> None:
    message = "cannot patch token-of-edp-dev"
    hub.answer = json_response(403, {"kind": "Status", "message": message})

    done = clusters(live, "--apply", "--context", "dev", "--json", KUBECONFIG=kubeconfig)

    assert done.code == UNAVAILABLE
    assert "cannot patch [redacted]" in done.document["roots"][0]["problem"]
    assert '"patch" and "create" on secrets' in done.stderr


def test_outputs_that_cannot_be_had_are_told(live: TerraformPlatform) -> None:
    live.backend.states["dev-network"] = b"not a state"

    done = clusters(live, "--root", "dev/network")

    assert done.code == UNAVAILABLE
    assert row(done, "dev/network").endswith("nothing: see below")


def test_a_wrong_wish_is_told_before_anything_is_written(
    live: TerraformPlatform, hub: Hub, kubeconfig: str
) -> None:
    wrong = [
        ("--apply",),
        ("--context", "dev"),
        ("--apply", "--context", "prd-hub"),
        ("--root", "dev/netwerk"),
        ("--root", "dev"),
    ]

    codes = [clusters(live, *arguments, KUBECONFIG=kubeconfig).code for arguments in wrong]

    assert codes == [INVALID] * len(wrong)
    assert hub.objects == {}


def test_a_job_without_terraform_set_up_does_nothing(platform: TerraformPlatform) -> None:
    done = clusters(platform, "--json", EDP_PLAN_KEY="", FORGEJO_RUN_ID="7")

    assert (done.code, done.document["roots"]) == (0, [])


def test_what_the_policy_does_not_allow_is_not_even_initialised(live: TerraformPlatform) -> None:
    program = 'resource "terraform_data" "x" {\n  provisioner "local-exec" {\n'
    live.root("dev/network", thing("dev") + program + '    command = "true"\n  }\n}\n')
    live.commit()
    live.push()

    done = clusters(live, "--root", "dev/network", "--json")

    assert done.code == INVALID
    (found,) = done.document["roots"]
    assert "terraform/live/dev/network/main.tf" in found["problem"]
    assert (found["cluster"], found["objects"]) == (None, [])


def test_an_environment_that_the_graph_does_not_name_is_told(live: TerraformPlatform) -> None:
    live.root("stage/network", thing("stage"))
    live.commit()
    live.push()

    done = clusters(live)

    assert done.code == INVALID
    assert "stage/network: promotion.yaml has no such environment" in done.stderr
    assert "edp-dev" in row(done, "dev/network")


def test_a_state_that_a_job_would_not_have_is_told(live: TerraformPlatform) -> None:
    live.write("terraform/live/dev/other/main.tf", thing("other"))
    live.commit()
    live.push()

    done = clusters(live, "--root", "dev/other", FORGEJO_RUN_ID="7")

    assert done.code == REFUSED
    assert "dev/other: its state is a local file" in done.stderr
