"""Write the figures of ``results.json`` into the README and ``docs/figures.md``: none is typed by hand."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from benchmarks.highlights import HIGHLIGHTS

ROOT = Path(__file__).parents[1]
BEGIN, END = "<!-- figures: begin (make bench writes this) -->", "<!-- figures: end -->"

# Figures called "ablation: variant: quantity" make a table of their own.
ABLATION = "ablation: "


def number(value: float) -> str:
    """A value with three or four significant digits."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def cell(figure: dict[str, Any]) -> str:
    """Value, unit and interval."""
    text = f"{number(figure['value'])} {figure['unit']}".strip()
    if figure["interval"]:
        text += f" ({number(figure['interval'][0])} to {number(figure['interval'][1])})"
    return text


def asked(figure: dict[str, Any]) -> str:
    """The target, and whether it is met."""
    if figure["target"] is None:
        return ""
    sign = "at least" if figure["better"] == "higher" else "at most"
    return f"{sign} {number(figure['target'])}{'' if figure['met'] else ' (missed)'}"


def table(rows: list[dict[str, Any]]) -> str:
    """A Markdown table of figures."""
    lines = ["| figure | measured | asked | pictures | how |", "|---|---|---|---|---|"]
    for f in rows:
        note = f["note"].replace("|", "/").replace("\n", " ")
        lines.append(f"| {f['name']} | {cell(f)} | {asked(f)} | {f['n'] or ''} | {note} |")
    return "\n".join(lines)


def ablation(rows: list[dict[str, Any]]) -> str:
    """A Markdown table of figures called `ablation: variant: quantity`: a row for each variant."""
    cells: dict[str, dict[str, str]] = {}
    columns: dict[str, str] = {}
    for figure in rows:
        _, variant, quantity = figure["name"].split(": ", 2)
        columns.setdefault(quantity, f"{quantity} (n = {figure['n']})" if figure["n"] else quantity)
        cells.setdefault(variant, {})[quantity] = number(figure["value"])
    lines = [f"| variant | {' | '.join(columns.values())} |", "|---" * (len(columns) + 1) + "|"]
    lines += [
        f"| {variant} | {' | '.join(found.get(name, '') for name in columns)} |"
        for variant, found in cells.items()
    ]
    return "\n".join(lines)


def headline(results: dict[str, Any]) -> str:
    """The README's tables: the figures that are told first, and every one that misses its target."""
    lines = ["| | measured | asked |", "|---|---|---|"]
    for part, chosen in HIGHLIGHTS.items():
        lines.append(f"| **{part}** | | |")
        for topic, name, words in chosen:
            figure = next(f for f in results[topic]["figures"] if f["name"] == name)
            lines.append(f"| {words} | {cell(figure)} | {asked(figure)} |")
    every = [(topic, figure) for topic in sorted(results) for figure in results[topic]["figures"]]
    targets = [(topic, figure) for topic, figure in every if figure["target"] is not None]
    missed = [(topic, figure) for topic, figure in targets if not figure["met"]]
    lines += [
        "",
        f"Of {len(targets)} figures with a target {len(targets) - len(missed)} meet it. These do not:",
        "",
        "| topic | missed | measured | asked |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {topic.replace('_', ' ')} | {f['name']} | {cell(f)} | {asked(f).removesuffix(' (missed)')} |"
        for topic, f in missed
    ]
    return "\n".join(lines)


def page(results: dict[str, Any]) -> str:
    """The whole page of figures."""
    parts = [
        "# Figures",
        "",
        "Written by `make bench` from `benchmarks/results.json`. Speed is given as a ratio to a named peer in the same "
        "run, because bare seconds say more about the machine than about the program.",
    ]
    for topic in sorted(results):
        run = results[topic]
        parts += [
            "",
            f"## {topic.replace('_', ' ')}",
            "",
            f"`{run['command']}`, {run['date'][:10]}, commit {run['commit']}, {run['machine']}.",
            "",
            table([figure for figure in run["figures"] if not figure["name"].startswith(ABLATION)]),
        ]
        without = [figure for figure in run["figures"] if figure["name"].startswith(ABLATION)]
        if without:
            parts += [
                "",
                "What each part adds and costs: the whole built again with one part changed, on the same pictures.",
                "",
                ablation(without),
            ]
    return "\n".join(parts) + "\n"


def written(readme: str, results: dict[str, Any]) -> str:
    """The README with its table replaced."""
    block = f"{BEGIN}\n{headline(results)}\n{END}"
    return re.sub(re.escape(BEGIN) + r".*?" + re.escape(END), lambda _: block, readme, flags=re.S)


def main() -> int:
    """Write both pages; with --check only say whether they are up to date."""
    results = json.loads((ROOT / "benchmarks/results.json").read_text())
    pages = {
        ROOT / "README.md": written((ROOT / "README.md").read_text(), results),
        ROOT / "docs/figures.md": page(results),
    }
    stale = [path for path, text in pages.items() if not path.exists() or path.read_text() != text]
    if "--check" in sys.argv[1:]:
        for path in stale:
            print(f"{path.name} is behind benchmarks/results.json: run `python -m benchmarks.readme`")
        return 1 if stale else 0
    for path in stale:
        path.write_text(pages[path])
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
