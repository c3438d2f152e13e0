"""One number for all that a plan would change: equal digests, equal changes.

It has a key because what changes may be a secret that somebody could guess.
"""

import hashlib
import hmac
from typing import Final

from edp.core.terraform.plan_document import PlanDocument

_PURPOSE: Final = b"edp terraform changes 1\n"
_OF_ONE: Final = b"edp terraform change 1\n"


def change_digest(plan: PlanDocument, key: bytes) -> str:
    """HMAC-SHA256 of the changes in any order; times and what does not change are left out."""
    if not key:
        raise ValueError("a digest without a key says what it should hide")
    digest = hmac.new(key, _PURPOSE, hashlib.sha256)
    for fingerprint in sorted(plan.fingerprints):
        digest.update(fingerprint)
    return digest.hexdigest()


def are_equal(one: str, other: str) -> bool:
    """True if both digests are there and the same, in constant time."""
    return bool(one) and hmac.compare_digest(one.encode(), other.encode())


def change_marks(plan: PlanDocument, key: bytes) -> tuple[str, ...]:
    """One keyed mark for each change, sorted: says of a later plan whether it is a part of this."""
    if not key:
        raise ValueError("a mark without a key says what it should hide")
    found = (hmac.new(key, _OF_ONE + one, hashlib.sha256) for one in plan.fingerprints)
    return tuple(sorted(mark.hexdigest()[:32] for mark in found))
