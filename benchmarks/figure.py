"""One measured figure, and where the pictures to measure on lie."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True)
class Figure:
    """A measured value: `target` is what we ask of it, `interval` its 95 % confidence interval where there is one."""

    name: str
    value: float
    unit: str = ""
    target: float | None = None
    better: Literal["higher", "lower"] = "higher"
    n: int | None = None
    interval: tuple[float, float] | None = None
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without a target."""
        if self.target is None:
            return None
        return bool(self.value >= self.target if self.better == "higher" else self.value <= self.target)

    def as_json(self) -> dict[str, Any]:
        """The form in which the figure stands in the results file."""
        interval = None if self.interval is None else [float(bound) for bound in self.interval]
        return {**asdict(self), "value": float(self.value), "interval": interval, "met": self.met}


def eval_dir() -> Path:
    """The folder of evaluation pictures; raises FileNotFoundError, telling how to point to it."""
    folder = Path(os.environ.get("VEDUTA_EVAL", Path(__file__).parents[2] / "shared" / "eval"))
    if not folder.is_dir():
        raise FileNotFoundError(f"no evaluation pictures at {folder}: set VEDUTA_EVAL to their folder")
    return folder
