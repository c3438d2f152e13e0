"""`make check-terraform`: the rules for `terraform/`, then what a real Terraform says of it.

With `--static` the rules only. EDP_TERRAFORM_MIRROR names a folder with providers, which then come
from nowhere else. Otherwise they come from their registry, and what cannot be had there and can be
built with Go is built into `.cache/`.
"""

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from content_checks import Bench, Result, check_all, check_rules, summary

from edp.clients.terraform_binary import find_terraform
from edp.errors import EdpError

REPOSITORY = Path(__file__).parents[2]
BUILT = REPOSITORY / ".cache" / "terraform-providers"
KEPT = {"PATH", "HOME", "LANG", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR"}


def kept_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """What programs need to reach the network, and no credentials."""
    return {
        key: value
        for key, value in environment.items()
        if key in KEPT or key.upper().endswith("_PROXY") or key in {"GOPROXY", "GOSUMDB"}
    }


def results(environment: Mapping[str, str], *, is_static: bool) -> Iterator[Result]:
    yield check_rules(REPOSITORY)
    if is_static:
        return
    with tempfile.TemporaryDirectory() as folder:
        scratch, kept = Path(folder), kept_environment(environment)
        try:
            found = find_terraform(kept, private=scratch / "embedded")
        except EdpError as error:
            yield Result("terraform", "skipped", str(error))
            return
        yield Result("terraform", "passed", str(found))
        mirror = environment.get("EDP_TERRAFORM_MIRROR")
        bench = Bench(
            terraform=scratch / "terraform",
            program=found.path,
            environment=kept,
            scratch=scratch,
            mirror=Path(mirror).resolve() if mirror else None,
            is_only_mirror=bool(mirror),
        )
        yield from check_all(bench, REPOSITORY, BUILT)


def main() -> int:
    seen = []
    for result in results(os.environ, is_static="--static" in sys.argv[1:]):
        sys.stdout.write(f"{result}\n")
        sys.stdout.flush()
        seen.append(result)
    sys.stdout.write(f"{summary(seen)}\n")
    return int(any(result.verdict == "failed" for result in seen))


if __name__ == "__main__":
    sys.exit(main())
