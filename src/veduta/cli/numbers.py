"""Numbers that are given as one word, parted by commas."""

from __future__ import annotations

import typer


def numbers(text: str, count: int, hint: str) -> tuple[float, ...]:
    """So many numbers, from text such as ``0.1,0.2``; raises BadParameter for the option `hint`."""
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        found = ()
    if len(found) != count:
        raise typer.BadParameter(f"{count} numbers with commas, not {text!r}", param_hint=hint)
    return found
