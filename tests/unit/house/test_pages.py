"""What a page tells of a command is compared as its readers would."""

from pathlib import Path

from pages import Command, commands


def test_the_commands_of_a_page_are_found_with_what_they_print(tmp_path: Path):
    page = tmp_path / "page.md"
    page.write_text(
        "Ask:\n\n```sh\necho one\n```\n\n```text\none\n```\n\n```sh\ntrue\n```\n\n"
        "Not run:\n\n```\nrm -r /\n```\n\n```sh\necho {}\n```\n\n```json\n{}\n```\n"
    )
    assert list(commands(page)) == [
        Command("echo one\n", "one\n", "text"),
        Command("true\n"),
        Command("echo {}\n", "{}\n", "json"),
    ]


def test_text_differs_but_where_the_page_says_anything():
    told = Command("", "✓ 60 places in … s\n…\nlast\n", "text")
    assert told.says("✓ 60 places in  3.1 s\na\nb\nlast\n")
    assert told.says("✓ 60 places in 3.1 s\na\nlast\n")
    assert not told.says("✓ 61 places in 3.1 s\na\nlast\n")
    assert not told.says("✓ 60 places in 3.1 s\na\nlast but one\n")


def test_json_must_hold_all_that_is_told():
    told = Command("", '{"a": 1, "b": [{"c": "…"}]}', "json")
    assert told.says('{"a": 1, "b": [{"c": 2, "d": 3}], "e": 4}')
    assert not told.says('{"a": 1, "b": []}')
    assert not told.says('{"a": 1}')
    assert not told.says('{"a": 2, "b": [{"c": 2}]}')
