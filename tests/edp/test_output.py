"""Results go to stdout, what is for people to stderr, and neither shows a secret."""

import io
import json

import pytest

from edp.output import Output, standard_output

TOKEN = "3f9a1c7e5b2d4860a1b2c3d4e5f60718293a4b5c"


class Terminal(io.StringIO):
    """A stream of an encoding that knows few characters."""

    encoding = "ascii"


def an_output(**options: bool) -> Output:
    return Output(io.StringIO(), io.StringIO(), secrets=(TOKEN,), **options)


def shown(output: Output) -> tuple[str, str]:
    assert isinstance(output.stdout, io.StringIO)
    assert isinstance(output.stderr, io.StringIO)
    return output.stdout.getvalue(), output.stderr.getvalue()


def test_the_result_and_what_is_for_people_go_different_ways() -> None:
    output = an_output()

    output.line("result")
    output.line()
    output.note("progress")
    output.detail("only with -v")

    assert shown(output) == ("result\n\n", "progress\n")


def test_details_are_shown_when_asked_for() -> None:
    output = an_output(verbose=True)

    output.detail("read 4 files")

    assert shown(output) == ("", "read 4 files\n")


def test_a_table_has_aligned_columns_and_no_blanks_at_the_ends() -> None:
    output = an_output()

    output.table([("", "dev", "test"), ("keycloak", "1.4.0", ""), ("web", "1.0.0", "0.9.0")])

    assert shown(output)[0] == "          dev    test\nkeycloak  1.4.0\nweb       1.0.0  0.9.0\n"


def test_with_json_the_one_document_is_all_of_stdout() -> None:
    output = an_output(as_json=True)

    output.line("for people")
    output.table([("a", "b")])
    output.document({"name": "Zürich", "token": TOKEN})
    output.note("note")

    out, err = shown(output)
    assert json.loads(out) == {"name": "Zürich", "token": "[redacted]"}
    assert out.isascii()
    assert err == "note\n"


def test_without_json_there_is_no_document() -> None:
    output = an_output()

    output.document({"a": 1})

    assert shown(output) == ("", "")


def test_no_way_out_shows_a_secret_or_an_escape_sequence() -> None:
    output = an_output(verbose=True)

    for write in (output.line, output.note, output.detail):
        write(f"\x1b[31m{TOKEN}\x1b[0m")
    output.raw(f"matrix={TOKEN}\n")

    out, err = shown(output)
    assert TOKEN not in out + err
    assert "\x1b" not in out + err


def test_a_poor_terminal_gets_question_marks_instead_of_an_error() -> None:
    output = Output(Terminal(), io.StringIO())

    output.line("1.4.0 → 1.4.2 ✓")

    assert shown(output)[0] == "1.4.0 ? 1.4.2 ?\n"


def test_the_standard_output_is_that_of_the_process(capsys: pytest.CaptureFixture[str]) -> None:
    standard_output(as_json=False, verbose=False).line("hello")

    assert capsys.readouterr().out == "hello\n"
