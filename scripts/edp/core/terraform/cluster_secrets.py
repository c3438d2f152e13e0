"""What an Argo CD is told of a Terraform root: a cluster's Secret, a ConfigMap of facts."""

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, Final

from edp.core.names import is_name
from edp.core.terraform.cluster_access import Cluster
from edp.core.terraform.roots import TerraformRoot
from edp.errors import InvalidInputError

_MANAGED: Final = {"app.kubernetes.io/managed-by": "edp"}
_IS_CLUSTER: Final = {"argocd.argoproj.io/secret-type": "cluster"}


@dataclass(frozen=True, slots=True)
class ClusterObject:
    """One object of the Kubernetes API; its body may hold a token."""

    kind: str
    name: str
    namespace: str
    keys: tuple[str, ...]
    body: Mapping[str, Any] = field(repr=False)


def cluster_secret(root: TerraformRoot, cluster: Cluster, *, namespace: str) -> ClusterObject:
    """The Secret by which Argo CD knows a cluster; it names no namespaces, so it reaches all."""
    tls: dict[str, object] = {
        "insecure": False,
        "caData": base64.b64encode(cluster.authority.encode()).decode(),
    }
    if cluster.tls_server_name:
        tls["serverName"] = cluster.tls_server_name
    config = {"bearerToken": cluster.token, "tlsClientConfig": tls}
    data = {"name": cluster.name, "server": cluster.server, "config": json.dumps(config)}
    name = object_name("cluster", root)
    labels = {**_IS_CLUSTER, **_labels(root)}
    return _object("Secret", name, namespace, labels, {"stringData": data})


def facts_map(root: TerraformRoot, facts: Mapping[str, str], *, namespace: str) -> ClusterObject:
    """The ConfigMap with what is no secret among a Terraform root's outputs."""
    name = object_name("facts", root)
    return _object("ConfigMap", name, namespace, _labels(root), {"data": dict(facts)})


def object_name(prefix: str, root: TerraformRoot) -> str:
    """`<prefix>-<environment>-<root>`; InvalidInputError if that is too long for a name."""
    name = f"{prefix}-{root.environment}-{root.name}"
    if not is_name(name):
        raise InvalidInputError(
            f"{root}: metadata.name: {prefix}-{root.environment}-{root.name} is no DNS label",
            hint="63 characters at most: give the Terraform root a shorter name",
        )
    return name


def alike(roots: Iterable[TerraformRoot]) -> Mapping[TerraformRoot, str]:
    """Terraform roots whose objects would have the same names, such as a/b-c and a-b/c."""
    found: dict[TerraformRoot, str] = {}
    for one, other in combinations(sorted(roots), 2):
        if "-".join(one) == "-".join(other):
            problem = "metadata.name: is also the name of what belongs to"
            found[one], found[other] = f"{problem} {other}", f"{problem} {one}"
    return found


def rivals(
    clusters: Mapping[TerraformRoot, tuple[str, Cluster]],
) -> Mapping[TerraformRoot, str]:
    """Terraform roots that tell one Argo CD of the same cluster name or server twice."""
    found: dict[TerraformRoot, str] = {}
    for (one, (here, first)), (other, (there, second)) in combinations(clusters.items(), 2):
        same = [key for key in ("name", "server") if getattr(first, key) == getattr(second, key)]
        if here == there and same:
            found[one] = f"{same[0]}: is also the {same[0]} of {other}'s cluster"
            found[other] = f"{same[0]}: is also the {same[0]} of {one}'s cluster"
    return found


def _labels(root: TerraformRoot) -> dict[str, str]:
    return {**_MANAGED, "edp/environment": root.environment}


def _object(
    kind: str,
    name: str,
    namespace: str,
    labels: Mapping[str, str],
    content: Mapping[str, Mapping[str, str]],
) -> ClusterObject:
    metadata = {"name": name, "namespace": namespace, "labels": dict(labels)}
    keys = tuple(sorted(key for values in content.values() for key in values))
    body = {"apiVersion": "v1", "kind": kind, "metadata": metadata, **content}
    return ClusterObject(kind, name, namespace, keys, body)
