"""Outputs become a cluster's Secret and a ConfigMap of facts, or are refused."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from edp.core.terraform.cluster_access import Cluster, cluster_of
from edp.core.terraform.cluster_secrets import (
    alike,
    cluster_secret,
    facts_map,
    object_name,
    rivals,
)
from edp.core.terraform.root_outputs import Output, facts_of, read_outputs
from edp.core.terraform.roots import TerraformRoot
from edp.errors import InvalidInputError

TLS = Path(__file__).parents[3] / "data" / "tls"
CA = (TLS / "ca.crt").read_text(encoding="ascii")
CA64 = base64.b64encode(CA.encode()).decode()
TOKEN = "very-secret.token"
ROOT = TerraformRoot("dev", "cluster")
GOOD = {"name": "edp-dev", "server": "https://10.0.0.1:6443", "ca": CA, "token": TOKEN}


def described(**changes: Any) -> dict[str, Output]:
    return {"argocd_cluster": Output({**GOOD, **changes}, is_sensitive=True)}


def kubeconfig(
    cluster: dict[str, Any] | None = None,
    user: dict[str, Any] | None = None,
    **changes: Any,
) -> dict[str, Output]:
    of_cluster = {"server": GOOD["server"], "certificate-authority-data": CA64, **(cluster or {})}
    document = {
        "clusters": [{"name": "edp-dev", "cluster": of_cluster}],
        "users": [{"name": "argocd", "user": {"token": TOKEN} if user is None else user}],
        **changes,
    }
    return {"kubeconfig": Output(json.dumps(document), is_sensitive=True)}


def refused(outputs: dict[str, Output]) -> str:
    with pytest.raises(InvalidInputError) as caught:
        cluster_of(ROOT, outputs)
    text = f"{caught.value.message} {caught.value.hint}"
    assert TOKEN not in text
    assert text.startswith("dev/cluster: ")
    return text


# --- the cluster


def test_the_output_for_argo_cd_describes_a_cluster() -> None:
    found = cluster_of(ROOT, described())

    assert found == Cluster("edp-dev", "https://10.0.0.1:6443", CA, TOKEN)


def test_the_authority_may_come_in_base64() -> None:
    assert cluster_of(ROOT, described(ca=CA64)) == cluster_of(ROOT, described())


def test_a_kubeconfig_with_a_token_describes_the_same_cluster() -> None:
    assert cluster_of(ROOT, kubeconfig()) == cluster_of(ROOT, described())


def test_the_output_for_argo_cd_goes_before_the_kubeconfig() -> None:
    found = cluster_of(ROOT, {**kubeconfig(user={"exec": {"command": "aws"}}), **described()})

    assert found is not None
    assert found.token == TOKEN


def test_an_output_that_is_null_counts_as_absent() -> None:
    null = {"argocd_cluster": Output(None, is_sensitive=True)}

    assert cluster_of(ROOT, {**kubeconfig(), **null}) is not None
    assert cluster_of(ROOT, null) is None


def test_outputs_of_something_else_describe_no_cluster() -> None:
    assert cluster_of(ROOT, {"zone": Output("example.org", is_sensitive=False)}) is None


def test_a_token_does_not_show_in_what_is_printed_of_a_value() -> None:
    assert TOKEN not in repr(cluster_of(ROOT, described()))
    assert TOKEN not in repr(described())


@pytest.mark.parametrize(
    "server",
    [
        "http://10.0.0.1",
        "10.0.0.1:6443",
        "https://",
        "https://user:word@host",
        "https://host?a=b",
        "https://host:port",
        "https://ho st",
        "https://host\nx",
        "https://kubernetes.default.svc",
        "https://kubernetes.default.svc.cluster.local:443",
        "",
        7,
    ],
)
def test_a_server_is_an_https_address_of_another_cluster(server: object) -> None:
    assert "argocd_cluster.server: " in refused(described(server=server))
    assert "kubeconfig.clusters.server: " in refused(kubeconfig({"server": server}))


@pytest.mark.parametrize(
    "authority",
    [
        "",
        "  ",
        None,
        "not base64!",
        base64.b64encode(b"no certificate").decode(),
        "-----BEGIN CERTIFICATE-----",
        CA + "ä",
        CA + (TLS / "server.key").read_text(encoding="ascii"),
    ],
)
def test_an_authority_is_certificates_and_nothing_else(authority: object) -> None:
    assert "argocd_cluster.ca: " in refused(described(ca=authority))


@pytest.mark.parametrize("name", ["", "Edp", "a.b", "a" * 64, "-a", "in-cluster", None])
def test_a_cluster_has_a_dns_label_as_its_name(name: object) -> None:
    assert "argocd_cluster.name: " in refused(described(name=name))


@pytest.mark.parametrize("token", ["", None, f"{TOKEN} {TOKEN}", f"{TOKEN}\n{TOKEN}", 7])
def test_a_token_is_one_printable_word(token: object) -> None:
    assert "argocd_cluster.token: " in refused(described(token=token))


def test_a_field_that_would_be_ignored_is_refused() -> None:
    assert "argocd_cluster: holds more" in refused(described(insecure=True))


def test_a_cluster_that_is_no_object_is_refused() -> None:
    assert "argocd_cluster: " in refused({"argocd_cluster": Output(TOKEN, is_sensitive=True)})


@pytest.mark.parametrize("outputs", [described(), kubeconfig()])
def test_a_secret_that_is_not_marked_so_is_refused(outputs: dict[str, Output]) -> None:
    ((name, output),) = outputs.items()

    text = refused({name: Output(output.value, is_sensitive=False)})

    assert f"{name}: is not marked sensitive" in text


@pytest.mark.parametrize(
    ("user", "field"),
    [
        ({"exec": {"command": "aws"}, "token": TOKEN}, "exec"),
        ({"auth-provider": {"name": "oidc"}}, "auth-provider"),
        ({"as": "admin", "token": TOKEN}, "as"),
        ({"client-certificate-data": TOKEN, "client-key-data": TOKEN}, "token"),
        ({"username": "admin", "password": TOKEN}, "token"),
        ({"tokenFile": "/etc/passwd"}, "token"),
        ({}, "token"),
    ],
)
def test_only_a_token_is_passed_on(user: dict[str, Any], field: str) -> None:
    text = refused(kubeconfig(user=user))

    assert f"kubeconfig.users.{field}: " in text
    assert "argocd_cluster" in text


@pytest.mark.parametrize(
    "more",
    [{"insecure-skip-tls-verify": True}, {"proxy-url": "http://proxy"}, {"tls-server-name": "a b"}],
)
def test_a_kubeconfig_that_trusts_others_is_refused(more: dict[str, Any]) -> None:
    assert f"kubeconfig.clusters.{next(iter(more))}: " in refused(kubeconfig(more))


def test_the_authority_of_a_kubeconfig_is_inside_it() -> None:
    text = refused(kubeconfig({"certificate-authority-data": None, "certificate-authority": "ca"}))

    assert "kubeconfig.clusters.certificate-authority-data: " in text


@pytest.mark.parametrize("key", ["clusters", "users"])
@pytest.mark.parametrize("count", [0, 2])
def test_a_kubeconfig_is_about_one_cluster_and_one_user(key: str, count: int) -> None:
    one = {"name": "a", key[:-1]: {"token": TOKEN, "server": "https://a"}}

    assert f"kubeconfig.{key}: expected exactly one, found {count}" in refused(
        kubeconfig(**{key: [one] * count})
    )


@pytest.mark.parametrize("value", [7, f"{{{TOKEN}", "- a", f"a: &x {TOKEN}\nb: *x", "\ud800"])
def test_a_kubeconfig_that_cannot_be_read_is_refused_unquoted(value: object) -> None:
    assert "kubeconfig: " in refused({"kubeconfig": Output(value, is_sensitive=True)})


@pytest.mark.parametrize("item", ["a", {"name": "a"}, {"name": "a", "cluster": 7}])
def test_an_entry_of_a_kubeconfig_is_an_object(item: object) -> None:
    assert "kubeconfig.clusters: " in refused(kubeconfig(clusters=[item]))


# --- the Secret


def a_cluster(**changes: Any) -> Cluster:
    found = cluster_of(ROOT, described(**changes))
    assert found is not None
    return found


def test_the_secret_is_what_argo_cd_looks_for() -> None:
    made = cluster_secret(ROOT, a_cluster(), namespace="argocd")

    data = dict(made.body["stringData"])
    config = json.loads(data.pop("config"))
    assert data == {"name": "edp-dev", "server": "https://10.0.0.1:6443"}
    assert config == {
        "bearerToken": TOKEN,
        "tlsClientConfig": {"insecure": False, "caData": CA64},
    }
    assert {**made.body, "stringData": None} == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "cluster-dev-cluster",
            "namespace": "argocd",
            "labels": {
                "argocd.argoproj.io/secret-type": "cluster",
                "app.kubernetes.io/managed-by": "edp",
                "edp/environment": "dev",
            },
        },
        "stringData": None,
    }


def test_a_name_of_the_server_for_tls_is_passed_on() -> None:
    cluster = cluster_of(ROOT, kubeconfig({"tls-server-name": "api.example.org"}))
    assert cluster is not None

    made = cluster_secret(ROOT, cluster, namespace="argocd")

    config = json.loads(made.body["stringData"]["config"])
    assert config["tlsClientConfig"]["serverName"] == "api.example.org"


def test_an_object_tells_its_keys_and_shows_no_value() -> None:
    made = cluster_secret(ROOT, a_cluster(), namespace="argocd")

    assert made.keys == ("config", "name", "server")
    assert TOKEN not in repr(made)


def test_a_name_that_is_no_dns_label_is_refused() -> None:
    root = TerraformRoot("prod-eu1", "c" * 60)

    with pytest.raises(InvalidInputError, match=r"prod-eu1/c+: metadata\.name: "):
        object_name("cluster", root)


def test_objects_of_two_terraform_roots_do_not_take_turns() -> None:
    roots = [TerraformRoot("a", "b-c"), TerraformRoot("a-b", "c"), TerraformRoot("a", "c")]

    assert set(alike(roots)) == set(roots[:2])


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"server": "https://other"}, "name"), ({"name": "other"}, "server")],
)
def test_one_argo_cd_is_not_told_twice_of_a_cluster(changes: dict[str, str], field: str) -> None:
    other = TerraformRoot("test", "cluster")

    found = rivals({ROOT: ("hub", a_cluster()), other: ("hub", a_cluster(**changes))})

    assert found[ROOT] == f"{field}: is also the {field} of test/cluster's cluster"
    assert set(found) == {ROOT, other}


def test_two_argo_cds_may_know_the_same_cluster() -> None:
    other = TerraformRoot("test", "cluster")

    assert rivals({ROOT: ("hub", a_cluster()), other: ("another", a_cluster())}) == {}


# --- outputs and facts


def test_outputs_are_read_as_terraform_prints_them() -> None:
    content = b'{"a": {"sensitive": false, "type": "string", "value": "x"}, "b": {"value": 1}}'

    assert read_outputs(ROOT, content) == {
        "a": Output("x", is_sensitive=False),
        "b": Output(1, is_sensitive=True),
    }


@pytest.mark.parametrize("content", [b"", b"[]", b'{"a": 1}', b"\xff", b"[" * 100_000])
def test_outputs_that_are_none_are_an_error(content: bytes) -> None:
    with pytest.raises(InvalidInputError, match="dev/cluster: the outputs"):
        read_outputs(ROOT, content)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "x"),
        (3, "3"),
        (0.5, "0.5"),
        (True, "true"),
        (["b", 1, None], '["b", 1, null]'),
        ({"b": 1, "a": "ä"}, '{"a": "ä", "b": 1}'),
    ],
)
def test_what_is_flat_is_a_fact(value: object, text: str) -> None:
    assert facts_of({"fact": Output(value, is_sensitive=False)}) == {"fact": text}


@pytest.mark.parametrize("value", [None, [[1]], {"a": {"b": 1}}, [{"a": 1}]])
def test_what_is_nested_is_no_fact(value: object) -> None:
    assert facts_of({"fact": Output(value, is_sensitive=False)}) == {}


def test_what_is_sensitive_is_never_a_fact() -> None:
    outputs = {
        "password": Output("hunter22", is_sensitive=True),
        "copy": Output({"url": "postgres://me:hunter22@host"}, is_sensitive=False),
        "account": Output([TOKEN], is_sensitive=False),
        "plain": Output("x", is_sensitive=False),
    }

    assert facts_of(outputs, secrets=[TOKEN]) == {"plain": "x"}


def test_a_name_that_no_configmap_takes_is_no_fact() -> None:
    assert facts_of({"größe": Output("x", is_sensitive=False)}) == {}


def test_facts_stand_in_a_configmap() -> None:
    made = facts_map(ROOT, {"zone": "example.org"}, namespace="argocd")

    assert made.body == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "facts-dev-cluster",
            "namespace": "argocd",
            "labels": {"app.kubernetes.io/managed-by": "edp", "edp/environment": "dev"},
        },
        "data": {"zone": "example.org"},
    }
