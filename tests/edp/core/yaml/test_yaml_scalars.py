"""Plain scalars resolve as `sigs.k8s.io/yaml` does it.

The expected values are those of the real library. To see them again, put a scalar under
`extensions: [{name: x, extension: {value: …}}]` of a kubeconfig and read it with
`kubectl --kubeconfig FILE config view --raw -o json`.
"""

import pytest

from edp.core.yaml.reader import YamlError, read_document

TRUE = ("y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE")
FALSE = ("n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE")
NULL = ("", "~", "null", "Null", "NULL")
NOT_WORDS = ("yEs", "tRUE", "oN", "nULL", "nO", "YeS", "none", "None", "nil", "t", "f", "T", "F")
WORDS = [
    *[(text, True) for text in TRUE],
    *[(text, False) for text in FALSE],
    *[(text, None) for text in NULL],
    *[(text, text) for text in NOT_WORDS],
]
INTEGERS = [
    ("0", 0),
    ("+1", 1),
    ("-1", -1),
    ("-0", 0),
    ("0755", 493),
    ("-0755", -493),
    ("0123456", 42798),
    ("0_755", 493),
    ("0o17", 15),
    ("0O17", 15),
    ("0x1F", 31),
    ("-0X1f", -31),
    ("0b101", 5),
    ("-0b101", -5),
    ("1_000", 1000),
    ("1__0_", 10),
    ("9223372036854775808", 2**63),
    ("-9223372036854775808", -(2**63)),
    ("18446744073709551615", 2**64 - 1),
]
FLOATS = [
    ("1e3", 1000.0),
    ("1.10", 1.1),
    ("1.", 1.0),
    (".5", 0.5),
    ("-.5", -0.5),
    ("+.5e-1", 0.05),
    (".5E1", 5.0),
    (".2_5e1_0", 0.25e10),
    ("1_000.5", 1000.5),
    ("12345678e9", 12345678e9),
    ("089", 89.0),
    ("08", 8.0),
    ("18446744073709551616", 18446744073709551616.0),
    ("-9223372036854775809", -9223372036854775809.0),
    ("0777777777777777777777777", 777777777777777777777777.0),
]
STRINGS = [
    "2026-11-22",
    "2026-11-22T10:00:00Z",
    "12:30:45",
    "1:30",
    "=",
    "<<",
    "1.4.0",
    "v1.4.0",
    "1e999",
    "1_0e999",
    "0x",
    "0xg",
    "0o8",
    "0b2",
    "0xFFFFFFFFFFFFFFFFF",
    ".",
    "..",
    ".e5",
    ".5__0",
    ".5_",
    ".5_e1",
    "._5",
    "._",
    "+",
    "-a",
    "1a",
    "_1",
    "1e",
    "e1",
    "١",
    "1١",
    "inf",
    "nan",
    ".iNf",
    "100m",
    "1Gi",
    "refs/tags/keycloak/v1.4.0",
]


@pytest.mark.parametrize(
    ("text", "expected"), [*WORDS, *INTEGERS, *FLOATS, *[(text, text) for text in STRINGS]]
)
def test_a_plain_scalar_is_what_go_reads(text: str, expected: object) -> None:
    value = read_document(f"- {text}\n".encode(), path="file.yaml").value

    assert value == [expected]
    assert isinstance(value, list)
    assert type(value[0]) is type(expected)


@pytest.mark.parametrize("text", [".nan", ".NaN", ".NAN", ".inf", "+.Inf", "-.INF"])
def test_a_number_that_json_has_not_is_refused(text: str) -> None:
    with pytest.raises(YamlError, match="not a number that JSON can hold"):
        read_document(text.encode(), path="file.yaml")


@pytest.mark.parametrize("text", ["'1.10'", '"1.10"', "|-\n  1.10", ">-\n  1.10"])
def test_quotes_and_blocks_are_strings(text: str) -> None:
    assert read_document(f"a: {text}\n".encode(), path="file.yaml").value == {"a": "1.10"}
