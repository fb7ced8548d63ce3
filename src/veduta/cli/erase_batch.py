"""The photos of one `veduta erase`: their copies, their masks, and what is done already."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from veduta.cli.copies import Copies

if TYPE_CHECKING:
    from veduta.edit.erase import Wish

# One line for each photo that is done, beside the copies.
REPORT = "erased.jsonl"


class Batch(Copies):
    """Copies whose report in the folder is also their memory."""

    def __init__(
        self, given: Sequence[Path], paths: Sequence[Path], out: Path, wish: Wish, save_mask: bool
    ) -> None:
        """Raise BadParameter where a copy would be written over a photo."""
        super().__init__(given, paths, out, REPORT, _fingerprint(wish, save_mask))
        self._save_mask = save_mask

    def mask_target(self, target: Path) -> Path | None:
        """Where its mask goes, if masks are asked for."""
        return target.with_name(f"{target.stem}.mask.png") if self._save_mask else None


def _fingerprint(wish: Wish, save_mask: bool) -> str:
    """What was wished, as a short text; masks by their content, faces by their vectors."""
    digest = hashlib.sha256()
    told = [
        wish.what,
        wish.method,
        wish.grow,
        wish.feather,
        wish.least,
        wish.location,
        wish.shadows,
        save_mask,
    ]
    digest.update(json.dumps([told, wish.keep.points, wish.keep.protagonists]).encode())
    for file in wish.mask_files:
        digest.update(file.read_bytes())
    for name, vectors in sorted(wish.keep.faces.items()):
        digest.update(name.encode("utf-8", "surrogateescape") + vectors.tobytes())
    return digest.hexdigest()[:16]
