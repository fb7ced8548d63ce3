"""What is seen in a photo, as a table for a person to read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from veduta.image.photo import Photo
from veduta.see.finding import KINDS, Finding

MOST_ROWS = 8


def print_photo(path: Path, photo: Photo | None, findings: Sequence[Finding], error: str | None) -> None:
    """Print one photo: its name and size, then its findings by kind, best first."""
    console = Console(highlight=False, soft_wrap=False)
    name = str(path).encode("utf-8", "backslashreplace").decode("utf-8")
    size = f"  [dim]{photo.width} x {photo.height}[/dim]" if photo else ""
    console.print(f"[bold]{escape(name)}[/bold]{size}", soft_wrap=True)
    if error is not None:
        console.print(f"  [red]{escape(error)}[/red]", soft_wrap=True)
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim", width=10)
    table.add_column(overflow="fold")
    table.add_column(justify="right")
    table.add_column(style="dim")
    for kind in KINDS:
        of_kind = [finding for finding in findings if finding.kind == kind and kind != "likeness"]
        if kind != "text":  # lines keep the order in which they are read
            of_kind.sort(key=lambda finding: -finding.score)
        for number, finding in enumerate(of_kind[:MOST_ROWS]):
            table.add_row(
                f"  {kind}" if number == 0 else "",
                Text(finding.text or finding.name),
                f"{finding.score:.2f}",
                _where(finding),
            )
        if len(of_kind) > MOST_ROWS:
            table.add_row("", f"[dim]and {len(of_kind) - MOST_ROWS} more[/dim]", "", "")
    if table.row_count:
        console.print(table)
    elif error is None:
        console.print("  [dim]nothing seen[/dim]")
    console.print()


def _where(finding: Finding) -> str:
    if finding.box is None:
        return ""
    x, y, width, height = (round(v) for v in finding.box)
    return f"{width} x {height} at {x}, {y}"
