"""Who may do what with the Kubernetes API of one Argo CD."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sandbox.argocd.kubernetes_status import KubernetesError, unauthorized
from sandbox.http_messages import Request

READ: Final = frozenset({"get", "list", "watch"})
EVERYTHING: Final = frozenset({"*"})


@dataclass(frozen=True)
class Account:
    """A ServiceAccount's token and what a Role in the Argo CD namespace lets it do."""

    token: str
    user: str
    verbs: frozenset[str]
    """On applications; "*" is every verb on every resource of the cluster."""

    def __repr__(self) -> str:
        return f"Account(user={self.user!r}, verbs={sorted(self.verbs)})"


@dataclass(frozen=True)
class Wish:
    """What a request wants to do; without a namespace it is about the whole cluster."""

    verb: str
    resource: str
    group: str = ""
    namespace: str = ""
    name: str = ""


def accounts_of(context: str) -> tuple[Account, Account, Account]:
    """A reader, one that may also refresh and sync, and an administrator."""
    return (
        Account(f"sandbox-{context}-reader", "reader", READ),
        Account(f"sandbox-{context}-operator", "operator", READ | {"patch"}),
        Account(f"sandbox-{context}-admin", "admin", EVERYTHING),
    )


class Access:
    def __init__(self, accounts: Iterable[Account], namespace: str) -> None:
        self._accounts = {account.token: account for account in accounts}
        self._namespace = namespace

    def account(self, request: Request) -> Account | None:
        """Who asks; None is nobody, a wrong token is refused."""
        kind, _, token = request.header("Authorization").partition(" ")
        if not kind:
            return None
        if kind.lower() != "bearer" or token.strip() not in self._accounts:
            raise unauthorized()
        return self._accounts[token.strip()]

    def allows(self, account: Account | None, wish: Wish) -> bool:
        if account is None:
            return False
        is_applications = (wish.group, wish.resource) == ("argoproj.io", "applications")
        in_namespace = wish.namespace == self._namespace
        return "*" in account.verbs or (
            is_applications and in_namespace and wish.verb in account.verbs
        )

    def check(self, request: Request, wish: Wish) -> None:
        account = self.account(request)
        if not self.allows(account, wish):
            raise _forbidden(account.user if account else "system:anonymous", wish)


def _forbidden(user: str, wish: Wish) -> KubernetesError:
    full = f"{wish.resource}.{wish.group}" if wish.group else wish.resource
    subject = f'{full} "{wish.name}" is' if wish.name else f"{full} is"
    where = f'in the namespace "{wish.namespace}"' if wish.namespace else "at the cluster scope"
    message = (
        f'{subject} forbidden: User "{user}" cannot {wish.verb} resource "{wish.resource}"'
        f' in API group "{wish.group}" {where}'
    )
    named = {"name": wish.name} if wish.name else {}
    details = {**named, "group": wish.group, "kind": wish.resource}
    return KubernetesError(403, "Forbidden", message, details=details)
