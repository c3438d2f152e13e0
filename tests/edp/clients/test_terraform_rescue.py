"""Keeping the state that could not be uploaded."""

import json
import stat
from pathlib import Path

import pytest

from edp.clients.process import Completed
from edp.clients.terraform_rescue import has_errored_state, rescue, without_dump

STATE = {"version": 4, "serial": 7, "lineage": "l", "outputs": {"x": {"value": "s3cret"}}}
EVENT = json.dumps({"@level": "info", "state": STATE, "type": "log"}, separators=(",", ":"))


def said(stdout: str = "", stderr: str = "") -> Completed:
    return Completed(("terraform", "apply"), 1, stdout.encode(), stderr.encode())


def test_a_written_state_is_moved_for_its_owner_alone(tmp_path: Path) -> None:
    (tmp_path / "errored.tfstate").write_text(json.dumps(STATE))

    _, kept = rescue(tmp_path, tmp_path / "kept", said())

    assert kept is not None
    assert json.loads(kept.read_text()) == STATE
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    assert not has_errored_state(tmp_path)


def test_a_second_one_does_not_replace_the_first(tmp_path: Path) -> None:
    for _ in range(3):
        (tmp_path / "errored.tfstate").write_text("{}")
        rescue(tmp_path, tmp_path / "kept", said())

    names = sorted(file.name for file in (tmp_path / "kept").iterdir())
    assert names == ["2-errored.tfstate", "3-errored.tfstate", "errored.tfstate"]


def test_a_link_is_not_followed_and_counts_as_left(tmp_path: Path) -> None:
    (tmp_path / "errored.tfstate").symlink_to(tmp_path / "target")
    (tmp_path / "target").write_text("mine")

    _, kept = rescue(tmp_path, tmp_path / "kept", said())

    assert kept is None
    assert has_errored_state(tmp_path)
    assert (tmp_path / "target").exists()


@pytest.mark.parametrize(
    "done",
    [
        said(stdout=f'{{"a":1}}\n{EVENT}\n{{"b":2}}\n'),
        said(stderr=f"before {{ not json\n{json.dumps(STATE, indent=2)}\n\nError: x\n"),
    ],
)
def test_a_printed_state_is_taken_out_and_kept(tmp_path: Path, done: Completed) -> None:
    cleaned, kept = rescue(None, tmp_path / "kept", done)

    assert kept is not None
    assert json.loads(kept.read_text()) == STATE
    both = cleaned.stdout + cleaned.stderr
    assert b"s3cret" not in both
    assert b"[the state, kept apart]" in both
    assert (b'{"b":2}' in both) or (b"Error: x" in both)


def test_a_printed_state_that_was_cut_short_is_not_shown() -> None:
    cut = json.dumps(STATE)[:-3]

    cleaned, state = without_dump(said(stderr=f"{cut}\nError: x\n"))

    assert b"s3cret" not in cleaned.stderr
    assert state == b""


def test_other_outputs_stay_as_they_are(tmp_path: Path) -> None:
    done = said(stdout='{"state":{"lineage":3}}\n{"state":{ "lineage"\n', stderr="plain { text }")

    assert rescue(tmp_path, tmp_path / "kept", done) == (done, None)


def test_a_document_that_only_looks_like_a_state_stays() -> None:
    done = said(stderr='{"lineage": 1} and more')

    cleaned, state = without_dump(done)

    assert state == b""
    assert cleaned.stdout == b""
