"""Groups of commands that are imported only when they are called."""

from __future__ import annotations

from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperGroup

Table = dict[str, tuple[str, str, str]]


class LazyGroup(TyperGroup):
    """A group that knows its commands by name: command -> (module, attribute, one-line help) in `table`."""

    table: ClassVar[Table] = {}

    def list_commands(self, ctx: Any) -> list[str]:
        """Names in the order of the table."""
        return list(self.table)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import the module of one command."""
        if cmd_name not in self.table:
            return None
        module, attribute, _ = self.table[cmd_name]
        made = getattr(import_module(module), attribute)
        if not isinstance(made, typer.Typer):
            wrapper = typer.Typer(add_completion=False, rich_markup_mode=None)
            wrapper.command(name=cmd_name)(made)
            made = wrapper
        command = typer.main.get_command(made)
        command.name = cmd_name
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List the commands from the table alone, so that help imports none of them."""
        rows = [(name, text) for name, (_, _, text) in self.table.items()]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)


def lazy_group(commands: Table) -> typer.Typer:
    """An application whose commands are those of a table, in its order."""

    class Commands(LazyGroup):
        table = commands

    return typer.Typer(
        cls=Commands,
        add_completion=False,
        no_args_is_help=True,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
