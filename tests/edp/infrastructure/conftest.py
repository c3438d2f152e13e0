"""A platform with Terraform roots, real Terraform, a real provider and a backend that locks."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "commands"))

from terraform_fixtures import backend as backend  # noqa: PLC0414 - pytest finds it here
from terraform_fixtures import terraform_home as terraform_home  # noqa: PLC0414
from tf_backend import StateBackend
from tf_platform import TerraformPlatform, start_terraform_platform
from tf_world import TestWorld, make_world


@pytest.fixture
def cloud(tmp_path: Path, terraform_home: Path) -> TestWorld:
    return make_world(tmp_path / "cloud", terraform_home)


@pytest.fixture
def platform(
    tmp_path: Path, cloud: TestWorld, backend: StateBackend
) -> Iterator[TerraformPlatform]:
    """One server in dev, test and prod-eu1 each; nothing is applied yet."""
    with start_terraform_platform(tmp_path / "platform", cloud, backend) as started:
        yield started
