"""The hidden first line of a plan comment: which plans people have reviewed.

Whoever may edit a comment may write one, so it carries a MAC whose key only trusted jobs have.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Final

from edp.core.terraform.roots import TerraformRoot, parse_root

VERSION: Final = 1
_KIND: Final = "plan"
_BEGIN: Final = "<!-- edp:plan "
_END: Final = " -->"
_LONGEST: Final = 1_000_000
_PURPOSE: Final = b"edp plan comment 1\n"


@dataclass(frozen=True, slots=True)
class ReviewedPlans:
    """What a comment is about. Compare `repository`, `pull` and `head` before you believe it."""

    repository: str
    pull: int
    head: str
    digests: tuple[tuple[TerraformRoot, str], ...]
    content: str
    """A hash of the whole text, also of what did not fit: the same needs no edit."""

    def digest_of(self, root: TerraformRoot) -> str:
        """The digest of the reviewed changes; "" if they were not reviewed."""
        return dict(self.digests).get(root, "")


def is_plan_comment(body: str) -> bool:
    """True for a comment of this kind, by anybody; a quoted one does not begin with the line."""
    return body.startswith(_BEGIN)


def header_line(plans: ReviewedPlans, key: bytes) -> str:
    """The line; without a key it marks the comment, but nobody will believe it."""
    fields = _fields(plans)
    mac = _mac(fields, key) if key else ""
    return f"{_BEGIN}{_hidden(fields | {'mac': mac})}{_END}"


def read_header(body: str, key: bytes) -> ReviewedPlans | None:
    """The inverse; None for anything that was not written with this key."""
    fields = _parsed(body)
    if fields is None or not key:
        return None
    mac = fields.pop("mac", None)
    if not isinstance(mac, str) or not _is_mac(mac, fields, key):
        return None
    return _plans(fields)


def content_of(body: str) -> str:
    """The hash of the text that a comment claims, which serves only to spare an edit."""
    fields = _parsed(body) or {}
    content, head = fields.get("content"), fields.get("head")
    return f"{head}/{content}" if content else ""


def _fields(plans: ReviewedPlans) -> dict[str, object]:
    return {
        "kind": _KIND,
        "version": VERSION,
        "repository": plans.repository,
        "pull": plans.pull,
        "head": plans.head,
        "roots": {str(root): digest for root, digest in plans.digests},
        "content": plans.content,
    }


def _hidden(fields: dict[str, object]) -> str:
    """JSON that cannot end the HTML comment that it stands in."""
    text = json.dumps(fields, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e")


def _mac(fields: dict[str, object], key: bytes) -> str:
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    return hmac.new(key, _PURPOSE + text.encode(), hashlib.sha256).hexdigest()


def _is_mac(text: str, fields: dict[str, object], key: bytes) -> bool:
    # As bytes: the comparison of texts refuses what is not ASCII.
    return hmac.compare_digest(_mac(fields, key).encode(), text.encode(errors="replace"))


def _parsed(body: str) -> dict[str, object] | None:
    line = body[:_LONGEST].partition("\n")[0].rstrip("\r")
    if not (line.startswith(_BEGIN) and line.endswith(_END)):
        return None
    try:
        fields = json.loads(line[len(_BEGIN) : -len(_END)])
    except (ValueError, RecursionError):
        return None
    return fields if isinstance(fields, dict) else None


def _plans(fields: dict[str, object]) -> ReviewedPlans | None:
    """The fields are ours, for the MAC says so; but perhaps of another version."""
    if (fields.get("kind"), fields.get("version")) != (_KIND, VERSION):
        return None
    roots, pull = fields.get("roots"), fields.get("pull")
    if not isinstance(roots, dict) or not isinstance(pull, int):
        return None
    found = ((parse_root(name), str(digest)) for name, digest in roots.items())
    return ReviewedPlans(
        repository=str(fields.get("repository")),
        pull=pull,
        head=str(fields.get("head")),
        digests=tuple((root, digest) for root, digest in found if root is not None),
        content=str(fields.get("content")),
    )
