"""Pages that are generated are not behind what they are generated from, and the guide names only real commands."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted(set((ROOT / "docs").rglob("*.md")) - {ROOT / "docs" / "commands.md"})]


def fresh(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments, "--check"], capture_output=True, text=True, cwd=ROOT, check=False
    )


def test_command_and_api_pages_match_the_code() -> None:
    run = fresh("docs/generate.py")
    assert run.returncode == 0, run.stdout + run.stderr


def test_figures_match_the_results_file() -> None:
    run = fresh("-m", "benchmarks.readme")
    assert run.returncode == 0, run.stdout + run.stderr


def test_pages_name_only_commands_that_exist() -> None:
    from veduta.cli.app import LAZY

    for page in PAGES:
        for name in re.findall(r"`veduta ([a-z]+)", page.read_text("utf-8")):
            assert name in LAZY, f"{page.name} names `veduta {name}`"


def _lines(text: str) -> Iterator[list[str]]:
    """The words of each `veduta` command in the code blocks of a page."""
    for block in re.findall(r"^```[a-z]*\n(.*?)^```", text, re.S | re.M):
        for line in block.replace("\\\n", " ").splitlines():
            for part in re.split(r"\s&&\s", line.partition("  #")[0]):
                if part.strip().startswith("veduta "):
                    yield shlex.split(part.partition(" > ")[0], comments=True)[1:]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_of_pages_are_understood(page: Path) -> None:
    import typer

    from veduta.cli.app import app
    from veduta.library.query import parse

    for words in _lines(page.read_text("utf-8")):
        command, rest = typer.main.get_command(app), words
        while hasattr(command, "get_command") and rest:
            command, rest = command.get_command(None, rest[0]), rest[1:]
            assert command is not None, f"{page.name}: veduta {shlex.join(words)}"
            if rest and hasattr(command, "get_command") and command.get_command(None, rest[0]) is None:
                break  # a group that also stands alone, as `veduta duplicates`
        context = command.make_context("veduta", [], resilient_parsing=True)
        context.resilient_parsing = False  # from here on, unknown options are told
        given, _, _ = command.make_parser(context).parse_args(list(rest))
        queries = [given.get("query")] if words[0] in ("search", "export", "edit", "albums") else []
        for query in filter(None, queries):
            parse(query if isinstance(query, str) else " ".join(query))


def test_every_network_stands_in_the_notice() -> None:
    from veduta.nets.store import default_store

    notice = (ROOT / "NOTICE").read_text("utf-8")
    for state in default_store().states():
        if state.default:
            assert state.name in notice, f"NOTICE does not name {state.name}"


def test_parts_make_a_table_of_their_own() -> None:
    from benchmarks.readme import ablation

    rows = [
        {"name": f"ablation: {variant}: {quantity}", "value": value, "n": n}
        for variant, quantity, value, n in (
            ("all parts", "rank-1", 0.9, 120),
            ("all parts", "ms", 41.2345, None),
            ("without whitening", "rank-1", 0.7, 120),
        )
    ]
    assert ablation(rows).splitlines() == [
        "| variant | rank-1 (n = 120) | ms |",
        "|---|---|---|",
        "| all parts | 0.9 | 41.2 |",
        "| without whitening | 0.7 |  |",
    ]
