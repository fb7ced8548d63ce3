"""Pages that are generated are not behind what they are generated from, and the guide names only real commands."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


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

    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    for page in pages:
        for name in re.findall(r"`veduta ([a-z]+)", page.read_text("utf-8")):
            assert name in LAZY, f"{page.name} names `veduta {name}`"


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
