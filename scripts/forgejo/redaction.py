"""Removes secrets, in every form they can travel in, and more from texts of the server."""

import base64
import re
from urllib.parse import quote

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_SERVER_PATH = re.compile(r"(?<![\w.:/-])/(?:[\w.-]+/)+[\w.-]+\.git\b")
_MARK = "[redacted]"
_SHORTEST_ENCODED = 6


class Redactor:
    """Knows secrets and takes them out of texts; never shows them."""

    def __init__(self, *secrets: str) -> None:
        """Prepare all forms of the secrets; an empty one redacts nothing."""
        found = {form for secret in secrets for form in _forms(secret)}
        forms = sorted(found, key=len, reverse=True)
        joined = "|".join(map(re.escape, forms))
        self._pattern = re.compile(joined, re.IGNORECASE) if forms else None

    def __repr__(self) -> str:
        """Show nothing of the secrets."""
        return "Redactor()"

    def clean(self, text: str, *, limit: int = 500) -> str:
        """Return at most `limit` of the text: no secret, no server paths, no control characters."""
        cleaned = self._pattern.sub(_MARK, text) if self._pattern else text
        cleaned = _SERVER_PATH.sub("[server path]", cleaned)
        cleaned = _CONTROL.sub("?", cleaned)
        return cleaned if len(cleaned) <= limit else f"{cleaned[:limit]}…"


def _forms(secret: str) -> set[str]:
    if not secret:
        return set()
    forms = {secret, quote(secret, safe=""), secret.encode().hex()}
    forms.update(_base64_forms(secret))
    return forms


def _base64_forms(secret: str) -> set[str]:
    """The characters that do not depend on what stands before or after, at 3 alignments."""
    forms = set()
    for offset in range(3):
        raw = b"\0" * offset + secret.encode()
        start, end = -(-offset * 8 // 6), len(raw) * 8 // 6
        for encoded in (base64.b64encode(raw), base64.urlsafe_b64encode(raw)):
            form = encoded.decode()[start:end]
            if len(form) >= _SHORTEST_ENCODED:
                forms.add(form)
    return forms
