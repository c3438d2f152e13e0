"""What Terraform sees, and which texts are secret."""

import json
from pathlib import Path

from edp.clients.terraform_environment import (
    secrets_in,
    sensitive_values,
    terraform_environment,
)

JOB = {
    "PATH": "/bin",
    "HOME": "/home/job",
    "TF_VAR_size": "large",
    "TF_HTTP_PASSWORD": "backend-pass",
    "AWS_SECRET_ACCESS_KEY": "aws-secret",
    "OS_CLOUD": "otc",
    "KUBECONFIG": "/kube",
    "https_proxy": "http://proxy",
    "TF_CLI_ARGS": "-lock=false",
    "TF_CLI_ARGS_apply": "-auto-approve",
    "TF_LOG": "TRACE",
    "TF_REATTACH_PROVIDERS": "{}",
    "TF_DATA_DIR": "/elsewhere",
    "TF_WORKSPACE": "other",
    "EDP_TOKEN": "edp-token",
    "LD_PRELOAD": "evil.so",
    "MY_PROVIDER": "x",
}


def test_the_environment_is_what_providers_need_and_nothing_else() -> None:
    environment = terraform_environment(JOB, data=Path("/private/data"))

    assert environment == {
        "PATH": "/bin",
        "HOME": "/home/job",
        "TF_VAR_size": "large",
        "TF_HTTP_PASSWORD": "backend-pass",
        "AWS_SECRET_ACCESS_KEY": "aws-secret",
        "OS_CLOUD": "otc",
        "KUBECONFIG": "/kube",
        "https_proxy": "http://proxy",
        "CHECKPOINT_DISABLE": "1",
        "TF_IN_AUTOMATION": "1",
        "TF_INPUT": "0",
        "TF_DATA_DIR": "/private/data",
    }


def test_a_workspace_and_more_variables_are_said_by_the_caller() -> None:
    environment = terraform_environment(
        JOB, data=Path("/d"), workspace="blue", passed=("MY_PROVIDER", "EDP_TOKEN", "TF_LOG")
    )

    assert environment["TF_WORKSPACE"] == "blue"
    assert environment["MY_PROVIDER"] == "x"
    assert not {"EDP_TOKEN", "TF_LOG"} & set(environment)


def test_a_configuration_that_is_not_there_is_not_named(tmp_path: Path) -> None:
    there = tmp_path / "terraform.rc"
    there.touch()

    missing = terraform_environment({"TF_CLI_CONFIG_FILE": "/nowhere"}, data=tmp_path)
    named = terraform_environment({"TF_CLI_CONFIG_FILE": str(there)}, data=tmp_path)

    assert "TF_CLI_CONFIG_FILE" not in missing
    assert named["TF_CLI_CONFIG_FILE"] == str(there)


def test_credentials_are_secret() -> None:
    assert secrets_in(JOB) == ("backend-pass", "aws-secret")


def test_each_text_in_a_variable_is_secret_but_short_ones() -> None:
    variables = {
        "TF_VAR_database": json.dumps(
            {"users": [{"password": "deep-secret", "age": 7}], "x": "on"}
        ),
        "TF_VAR_key": "-----BEGIN\nline-one\nabc\n",
        "TF_VAR_count": "3",
        "TF_TOKEN_app_terraform_io": "t0ken",
    }

    found = secrets_in(variables)

    assert {"deep-secret", "line-one", "-----BEGIN", "t0ken"} <= set(found)
    assert not {"on", "3", "abc", "7"} & set(found)
    assert list(found) == sorted(found, key=lambda one: (-len(one), one))


def test_masked_values_of_a_plan_are_found() -> None:
    change = {
        "before": {"password": "before-secret", "name": "plain"},
        "before_sensitive": {"password": True, "disk": []},
        "after": {"disk": [{"key": "nested-secret", "name": "plain"}], "tags": {"a": "subtree"}},
        "after_sensitive": {"disk": [{"key": True}], "tags": True},
    }

    found = sensitive_values(json.dumps({"resource_changes": [{"change": change}]}).encode())

    assert set(found) == {"before-secret", "nested-secret", "subtree"}


def test_masked_values_of_a_state_are_found_but_short_ones() -> None:
    resource = {
        "values": {"token": "state-secret", "n": "x", "name": "plain"},
        "sensitive_values": {"token": True, "n": True},
    }
    hidden = {"sensitive": True, "value": ["output-secret", 5]}
    state = {"outputs": {"hidden": hidden}, "root_module": {"resources": [resource]}}

    found = sensitive_values(json.dumps({"values": state}).encode())

    assert set(found) == {"output-secret", "state-secret"}


def test_what_is_no_document_has_no_masked_values() -> None:
    assert sensitive_values(b"\xff{") == ()
    assert sensitive_values(b"3") == ()
