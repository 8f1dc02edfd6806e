"""The file of settings: what a line means, and what is refused because programs would read it in different ways."""

from pathlib import Path

import pytest

from shopkeeper.errors import ConfigurationError
from shopkeeper.operator.env_file import MOST_BYTES, known, read_env_file, unknown_names

MEANT = [
    ("STAGE=prod", "prod"),
    ("  STAGE = prod  ", "prod"),
    ("export STAGE=prod", "prod"),
    ("export\tSTAGE=prod", "prod"),
    ("STAGE=", ""),
    ("STAGE=''", ""),
    ("STAGE=a b", "a b"),
    ("STAGE=a=b", "a=b"),
    ("STAGE=a#b", "a#b"),
    ("STAGE=#a", "#a"),
    ("STAGE=$HOME/${X}`id`", "$HOME/${X}`id`"),
    ("STAGE='a\\nb\\'", "a\\nb\\"),
    ("STAGE=it's", "it's"),
    ("STAGE='a # \" $b \\'", 'a # " $b \\'),
    ("STAGE=' a '", " a "),
    ("STAGE='a' # why", "a"),
    ('STAGE="a # \' $b"', "a # ' $b"),
    ('STAGE="say \\"hi\\" \\\\ \\n"', 'say "hi" \\ \\n'),
    ('STAGE="\\$a \\`b"', "$a `b"),
    ("STAGE=käse", "käse"),
    ("STAGE=prod\r", "prod"),
    ("\ufeffSTAGE=prod", "prod"),
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / ".env"


@pytest.mark.parametrize(("line", "value"), MEANT)
def test_a_line_means_one_value(line: str, value: str, file: Path) -> None:
    file.write_bytes(f"{line}\n\n# a comment\n   # STAGE=dev\n".encode())
    assert read_env_file(file) == {"STAGE": value}


REFUSED = [
    "STAGE",
    "=prod",
    "1STAGE=prod",
    "MY STAGE=prod",
    "STAGE: prod",
    "STAGE-X=prod",
    "STAGE=prod # hidden",
    "STAGE=hidden\t#",
    "STAGE=hidden\\n",
    "STAGE='hidden",
    'STAGE="hidden\\"',
    "STAGE='hidden'x",
    "STAGE='hidden' x",
    "STAGE='hidden'#x",
    'STAGE="hidden" "x"',
    "STAGE=hidden\0",
    "LOG_LEVEL=INFO",
    "[section]",
]


@pytest.mark.parametrize("line", REFUSED)
def test_a_line_that_could_mean_something_else_is_an_error_that_names_it_and_not_its_value(
    line: str, file: Path
) -> None:
    file.write_text(f"# first\nLOG_LEVEL=INFO\n{line}\n")
    with pytest.raises(ConfigurationError) as raised:
        read_env_file(file)
    sentence = str(raised.value)
    assert sentence.startswith(f"Line 3 of {file}: ")
    assert sentence.endswith(".")
    assert "hidden" not in sentence


@pytest.mark.parametrize(
    ("content", "word"),
    [(b"STAGE=\xff", "UTF-8"), (b"#" * (MOST_BYTES + 1), "larger"), (None, "No such file"), ("folder", "directory")],
)
def test_a_file_that_holds_no_settings_is_one_sentence(content: bytes | str | None, word: str, file: Path) -> None:
    if isinstance(content, bytes):
        file.write_bytes(content)
    elif content:
        file.mkdir()
    with pytest.raises(ConfigurationError, match=word) as raised:
        read_env_file(file)
    assert "\n" not in str(raised.value)


def test_only_what_is_a_setting_is_taken_and_the_rest_is_named_without_its_value() -> None:
    variables = {
        "STAGE": "prod",
        "ORDERS_TABLE_NAME": "orders-1",
        "AWS_ACCESS_KEY_ID": "AKIA",
        "ALLOWED_ORIGIN": "hidden",
        "PATH": "hidden",
        "NEXT_PUBLIC_API": "hidden",
    }
    assert sorted(known(variables)) == ["AWS_ACCESS_KEY_ID", "ORDERS_TABLE_NAME", "STAGE"]
    assert unknown_names(Path(".env"), variables) == [
        ".env: ALLOWED_ORIGIN is not a setting and is ignored; ALLOWED_ORIGINS is one.",
        ".env: NEXT_PUBLIC_API, PATH are not settings and are ignored.",
    ]
    assert unknown_names(Path(".env"), {"DEBUG": "1"}) == [".env: DEBUG is not a setting and is ignored."]
    assert unknown_names(Path(".env"), known(variables)) == []
