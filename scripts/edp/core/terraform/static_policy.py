"""What may not be in a configuration, checked before Terraform is started at all."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Final

from edp.core.repository.problems import Problem, shown
from edp.core.terraform.configuration import (
    Configuration,
    Execution,
    ModuleCall,
    RequiredProvider,
)
from edp.core.terraform.hcl.body import read_body
from edp.core.terraform.hcl.tokens import SyntaxProblemError
from edp.core.terraform.module_sources import is_allowed, source_mistake
from edp.core.terraform.policy_file import POLICY_PATH, PolicyFile
from edp.core.terraform.reach import Reach

# An address without a host means the registry of the tool that reads it.
_DEFAULT_HOST: Final = "registry.terraform.io"
_DEFAULT_HOSTS: Final = (_DEFAULT_HOST, "registry.opentofu.org")
_BUILT_IN: Final = ("terraform.io/builtin/terraform", "opentofu.org/builtin/terraform")


def check_root(reach: Reach, policy: PolicyFile) -> tuple[Problem, ...]:
    """Everything that stops a Terraform root from being initialised, sorted."""
    found = set(reach.problems)
    for configuration in reach.configurations:
        found.update(check_configuration(configuration, policy))
    return tuple(sorted(found))


def check_configuration(configuration: Configuration, policy: PolicyFile) -> tuple[Problem, ...]:
    """What in one folder is against the policy, or cannot be read and so not be checked."""
    found = set(configuration.unreadable)
    for call in configuration.module_calls:
        found.update(_module_problems(call, policy))
    for provider in configuration.providers:
        found.update(_provider_problems(provider, policy))
    for execution in configuration.executions:
        found.update(_execution_problems(execution, policy))
    return tuple(sorted(found))


def check_lock_file(content: bytes, path: str, policy: PolicyFile) -> tuple[Problem, ...]:
    """The providers of `.terraform.lock.hcl`, those of remote modules among them."""
    try:
        blocks = read_body(content).of_kind("provider")
    except SyntaxProblemError as exc:
        return (Problem(path, exc.line, "", exc.message, "make it with terraform providers lock"),)
    return tuple(
        Problem(path, block.line, "", *_not_allowed(" ".join(block.labels)))
        for block in blocks
        if not _is_allowed_provider(" ".join(block.labels), policy)
    )


def _module_problems(call: ModuleCall, policy: PolicyFile) -> Iterator[Problem]:
    path, line = call.place.path, call.place.line
    where = f"module {shown(call.name)}"
    if not call.source:
        message = "the source is missing" if call.source == "" else "the source is computed"
        yield Problem(path, line, where, message, "write the source as a literal text")
    elif not call.is_local:
        mistake = source_mistake(call.source, call.version)
        if mistake is not None:
            yield Problem(path, line, where, mistake.message, mistake.hint)
        elif policy.module_sources is not None and not is_allowed(
            call.source, policy.module_sources
        ):
            message = f"the source {shown(call.source)} is not allowed"
            yield Problem(path, line, where, message, f"moduleSources in {POLICY_PATH} says which")


def _provider_problems(provider: RequiredProvider, policy: PolicyFile) -> Iterator[Problem]:
    path, line = provider.place.path, provider.place.line
    where = f"provider {shown(provider.name)}"
    if provider.source is None:
        hint = "write the source as a literal text"
        yield Problem(path, line, where, "the source is computed", hint)
    elif not _is_allowed_provider(provider.source or provider.name, policy):
        yield Problem(path, line, where, *_not_allowed(provider.source or provider.name))


def _execution_problems(execution: Execution, policy: PolicyFile) -> Iterator[Problem]:
    is_allowed_here = policy.allow_external if execution.is_external else policy.allow_local_exec
    if not is_allowed_here:
        key = "allowExternal" if execution.is_external else "allowLocalExec"
        path, line = execution.place.path, execution.place.line
        message = f"{execution.what} runs a program that no plan shows"
        yield Problem(path, line, "", message, f"{key}: true in {POLICY_PATH} would allow it")


def _not_allowed(source: str) -> tuple[str, str]:
    message = f"the provider {shown(_address(source).removeprefix(f'{_DEFAULT_HOST}/'))}"
    return f"{message} is not allowed", f"providers in {POLICY_PATH} says which"


def _is_allowed_provider(source: str, policy: PolicyFile) -> bool:
    address = _address(source)
    if policy.providers is None or address in _BUILT_IN:
        return True
    return any(fnmatchcase(address, _address(pattern)) for pattern in policy.providers)


def _address(source: str) -> str:
    """`host/namespace/type` in lower case, whatever was left out."""
    parts = source.lower().split("/")
    if len(parts) == 1:
        parts = ["hashicorp", *parts]
    if len(parts) == 2:
        parts = [_DEFAULT_HOST, *parts]
    if parts[0] in _DEFAULT_HOSTS:
        parts[0] = _DEFAULT_HOST
    return "/".join(parts)
