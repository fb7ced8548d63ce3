"""Write the figures of ``results.json`` into the README and ``docs/figures.md``: none is typed by hand."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
BEGIN, END = "<!-- figures: begin (make bench writes this) -->", "<!-- figures: end -->"

# Figures called "ablation: variant: quantity" make a table of their own.
ABLATION = "ablation: "

# More figures than this of one kind in one topic are told in the README by the worst of them.
MANY = 8


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
    """The README's table: figures that have a target, topic by topic; of many alike, the one that does worst."""
    lines = ["| what | measured | asked |", "|---|---|---|"]
    for topic in sorted(results):
        alike: dict[str, list[dict[str, Any]]] = {}
        for figure in results[topic]["figures"]:
            if figure["target"] is not None:
                alike.setdefault(figure["name"].partition(": ")[0], []).append(figure)
        for title, figures in alike.items():
            if len(figures) <= MANY:
                lines += [f"| {f['name']} | {cell(f)} | {asked(f)} |" for f in figures]
            else:
                worst = min(figures, key=margin)
                told = f"{title}: the worst of {len(figures)} ({worst['name'].partition(': ')[2]})"
                lines.append(f"| {told} | {cell(worst)} | {asked(worst)} |")
    return "\n".join(lines)


def margin(figure: dict[str, Any]) -> float:
    """By how much a figure is better than its target, as a ratio where it has one."""
    value, target = figure["value"], figure["target"]
    if figure["better"] == "higher":
        return float(value / target) if target else float(value >= target)
    return float(target / value) if value else float(target >= value) + 1.0


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
