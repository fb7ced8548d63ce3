"""The state of a training on the disk: written whole, and taken up again by the same run only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from veduta.files import replacing
from veduta.learn.recipe import TrainingError


def save(path: Path, fingerprint: str, state: Mapping[str, Any]) -> None:
    """Write numbers, tensors and plain containers; `fingerprint` tells which run they belong to."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary:
        torch.save({"fingerprint": fingerprint, **state}, temporary)


def restore(path: Path, fingerprint: str, take: Callable[[Mapping[str, Any]], None]) -> None:
    """Give `take` what `save` wrote; raises TrainingError for the state of another run, or a damaged one."""
    try:
        # Numbers and plain containers only: a state from elsewhere cannot run anything.
        kept = torch.load(path, map_location="cpu", weights_only=True)
        same = kept["fingerprint"] == fingerprint
        if same:
            take(kept)
    except Exception as error:  # a damaged file can fail in any way at all
        raise TrainingError(
            f"{path}: not a readable state ({type(error).__name__}); delete it to begin again"
        ) from error
    if not same:
        raise TrainingError(
            f"{path}: belongs to a run of other settings or pictures; give the same ones, or another place for results"
        )
