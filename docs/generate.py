"""Write the command reference and the HTTP API page from the code, so that they cannot fall behind it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import typer

ROOT = Path(__file__).parents[1]


def command_section(name: str, command: Any, depth: int = 2) -> list[str]:
    """One command: its help, its arguments and options, then its subcommands."""
    context = command.context_class(command, info_name=name)
    pieces = [piece for piece in command.collect_usage_pieces(context) if piece]
    lines = [
        f"{'#' * depth} `veduta {name}`",
        "",
        command.help or "",
        "",
        f"`veduta {name} {' '.join(pieces)}`",
        "",
    ]
    rows = []
    for parameter in command.params:
        if parameter.param_type_name == "option" and not parameter.hidden and "--help" not in parameter.opts:
            flags = ", ".join(f"`{flag}`" for flag in (*parameter.opts, *parameter.secondary_opts))
            rows.append(f"| {flags} | {(parameter.help or '').replace('|', '/')} |")
    if rows:
        lines += ["| option | meaning |", "|---|---|", *rows, ""]
    if hasattr(command, "list_commands"):
        for sub in command.list_commands(context):
            found = command.get_command(context, sub)
            if found is not None:
                lines += command_section(f"{name} {sub}", found, min(depth + 1, 4))
    return lines


def commands() -> str:
    """The page of all commands."""
    from veduta.cli.app import app

    cli: Any = typer.main.get_command(app)
    context = cli.context_class(cli)
    lines = [
        "# Commands",
        "",
        "Every command exits with 0 where all was done. 2: what was asked for cannot be done as it was asked (an option"
        " out of range, a file that is missing, cannot be read or does not fit); one line says why, and nothing was"
        " written. 1: some of several files failed, each was named and the others are done; or something broke, such as"
        " a full disk or a network that was never pulled. 3, of commands that look for things: nothing was found."
        " 130: stopped by Ctrl-C.",
        "",
    ]
    for name in cli.list_commands(context):
        found = cli.get_command(context, name)
        if found is not None:
            lines += command_section(name, found)
    return "\n".join(line.rstrip() for line in lines).rstrip() + "\n"


def api() -> str:
    """The page of all HTTP routes."""
    schema: dict[str, Any] = json.loads((ROOT / "web/openapi.json").read_text())
    lines = [
        "# HTTP API",
        "",
        "The web app uses nothing else. A running library describes itself at `/openapi.json`.",
        "",
        "| method | path | what it does |",
        "|---|---|---|",
    ]
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            text = operation.get("description") or operation.get("summary") or ""
            lines.append(f"| {method.upper()} | `{path}` | {text.splitlines()[0] if text else ''} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write the pages; with --check only say whether they are up to date."""
    pages = {ROOT / "docs/commands.md": commands(), ROOT / "docs/api.md": api()}
    stale = [path for path, text in pages.items() if not path.exists() or path.read_text() != text]
    if "--check" in sys.argv[1:]:
        for path in stale:
            print(f"{path.name} is behind the code: run `python docs/generate.py`")
        return 1 if stale else 0
    for path in stale:
        path.write_text(pages[path])
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
