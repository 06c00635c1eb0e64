"""Write the reference of all commands into its page, from the commands themselves."""

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, get_args, get_origin

from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

from shared.cli import whole

HEADING = "## Reference\n"


def commands() -> list[tuple[str, TyperCommand]]:
    """Return every command, with the words that call it."""
    return list(_below(get_command(whole()), "ronde"))


def _below(found: object, words: str) -> Iterator[tuple[str, TyperCommand]]:
    if isinstance(found, TyperCommand):
        yield words, found
    elif isinstance(found, TyperGroup):
        for name in sorted(found.commands):
            yield from _below(found.commands[name], f"{words} {name}")


def section(words: str, command: TyperCommand) -> str:
    """Write of one command what its `--help` says."""
    params = [it for it in command.params if isinstance(it, TyperArgument | TyperOption)]
    given = [it.name.upper() for it in params if isinstance(it, TyperArgument) and it.name]
    rows = [_row(it) for it in params]
    table = ["", "| Option | Default | What it is |", "|---|---|---|", *rows] if rows else []
    told = inspect.cleandoc(command.help or "")
    return "\n".join([f"### `{' '.join([words, *given])}`", "", told, *table]) + "\n"


def _row(it: TyperArgument | TyperOption) -> str:
    names = [(it.name or "").upper()] if isinstance(it, TyperArgument) else it.opts
    name = " / ".join(f"`{name}`" for name in [*names, *it.secondary_opts])
    told = [it.help or "", _range(it)]
    if it.envvar:
        told.append(f"Variable `{it.envvar}`.")
    kind: object = it.type_descriptor.annotation
    if get_origin(kind) is Literal:
        choices = [str(choice) for choice in get_args(kind)]
        told.append(", ".join(f"`{choice}`" for choice in choices) + ".")
    return f"| {name} | {_default(it)} | {' '.join(filter(None, told))} |"


def _default(it: TyperArgument | TyperOption) -> str:
    if it.required:
        return "needed"
    plain = it.default is None or it.default == "" or isinstance(it.default, bool)
    return "" if plain else f"`{it.default}`"


def _range(it: TyperArgument | TyperOption) -> str:
    if it.min is None and it.max is None:
        return ""
    if it.max is None:
        return f"From {it.min:,} on."
    return f"Up to {it.max:,}." if it.min is None else f"{it.min:,} to {it.max:,}."


def with_reference(page: Path) -> str:
    """Return the text of the page with its reference, the last section, written anew."""
    before, _, _ = page.read_text("utf-8").partition(HEADING)
    sections = [section(*it) for it in commands()]
    return before + HEADING + "\n" + "\n".join(sections)
