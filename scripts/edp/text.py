"""Making untrusted text harmless: for terminals, for workflow logs, for Markdown. Pure.

Names, titles, messages of Argo CD and output of tools pass here before anybody prints or posts
them.
"""

import re
from collections.abc import Iterable
from typing import Final

_INVISIBLE: Final = (
    "\x7f-\x9f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\uffff\U000e0000-\U000e0fff"
)
_UNSAFE: Final = re.compile(f"[\x00-\x08\x0b-\x1f{_INVISIBLE}]")
_ANSI: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])")
_COMMAND: Final = re.compile(r"^(\s*)(::|##\[)", re.MULTILINE)
_MARKDOWN: Final = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~&$:/=\"'])")
_NOT_IN_TITLES: Final = re.compile(r"[^A-Za-z0-9 .,;:+/()→_-]")
_BACKTICKS: Final = re.compile("`+")
REDACTED: Final = "[redacted]"


def neutralise(text: str) -> str:
    """The text without escape sequences, control, bidirectional and invisible characters.

    Line feeds and tabs stay. A line that a workflow runner would take for a command does not begin
    with it any more.
    """
    clean = _UNSAFE.sub("?", _ANSI.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))
    return _COMMAND.sub(r"\1|\2", clean)


def one_line(text: str, limit: int = 300) -> str:
    """A harmless text in one line of bounded length."""
    line = " ".join(neutralise(text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def markdown(text: str, limit: int = 300) -> str:
    """One line in which nothing is markup, a mention, a reference or a link."""
    # A zero-width joiner is no letter to the forge, so "@name" and "fixes #1" lose their meaning.
    return _MARKDOWN.sub(r"\\\1", one_line(text, limit)).replace("@", "@\u200d")


def code(text: str, limit: int = 300) -> str:
    """One line as a code span that the text cannot end."""
    line = one_line(text, limit).replace("|", "¦")
    longest = max((len(run) for run in _BACKTICKS.findall(line)), default=0)
    ticks = "`" * (longest + 1)
    pad = " " if line.startswith("`") or line.endswith("`") or not line else ""
    return f"{ticks}{pad}{line}{pad}{ticks}"


def fence(text: str, language: str = "") -> str:
    """A code block that the text cannot end."""
    body = neutralise(text).rstrip("\n")
    longest = max((len(run) for run in _BACKTICKS.findall(body)), default=0)
    ticks = "`" * max(3, longest + 1)
    return f"{ticks}{language}\n{body}\n{ticks}"


def title(text: str, limit: int = 120) -> str:
    """A title of ASCII letters, digits and a few signs; anything else becomes a blank."""
    words = " ".join(_NOT_IN_TITLES.sub(" ", text).split())
    return words if len(words) <= limit else words[: limit - 1] + "…"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`did you mean "soak"?`, or nothing if no known word is near."""
    import difflib

    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f'did you mean "{near[0]}"?' if near else ""


def redact(text: str, secrets: Iterable[str]) -> str:
    """The text without the secrets in any form in which they travel."""
    from forgejo.redaction import Redactor

    for secret in filter(None, secrets):
        # What stands in a secret's place may be longer than the secret.
        text = Redactor(secret).clean(text, limit=len(text) * len(REDACTED) + 1)
    return text
