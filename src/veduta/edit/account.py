"""What became of one photo, as it is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Account:
    """A photo that was worked on; `out` is None where nothing was found, and then nothing was written."""

    path: Path
    out: Path | None
    width: int
    height: int

    def as_json(self) -> dict[str, Any]:
        """The stable JSON form: all that is told, in order, and no error."""
        return {one.name: _plain(getattr(self, one.name)) for one in fields(self)} | {"error": None}


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, float):
        return round(value, 2)
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value
