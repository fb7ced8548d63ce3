"""What a recognizer saw in a photo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

Kind = Literal[
    "label", "scene", "object", "person", "face", "text", "plate", "landmark", "quality", "likeness"
]
KINDS: tuple[Kind, ...] = get_args(Kind)

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """One thing seen in a photo.

    `score` is a calibrated probability in [0, 1]. `box` is (x, y, width, height) in pixels of the full-size
    upright photo, None for a finding about the whole photo. `mask` is a COCO run-length encoding at full
    size. `vector` is float32 of unit length. `extra` holds what is particular to a recognizer (key points,
    parents of a label...).
    """

    kind: Kind
    name: str
    score: float
    recognizer: str
    version: str
    box: Box | None = None
    polygon: tuple[tuple[float, float], ...] | None = None
    mask: Mapping[str, Any] | None = None
    text: str | None = None
    vector: NDArray[np.float32] | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self, vectors: bool = False) -> dict[str, Any]:
        """The stable JSON form; absent fields are left out, `vector` only when asked for."""
        out: dict[str, Any] = {
            "kind": self.kind,
            "name": self.name,
            "score": round(float(self.score), 4),
            "box": None if self.box is None else [round(float(v), 1) for v in self.box],
        }
        if self.polygon is not None:
            out["polygon"] = [[round(float(x), 1), round(float(y), 1)] for x, y in self.polygon]
        if self.mask is not None:
            out["mask"] = dict(self.mask)
        if self.text is not None:
            out["text"] = self.text
        if self.extra:
            out["extra"] = dict(self.extra)
        if vectors and self.vector is not None:
            out["vector"] = [round(float(v), 6) for v in self.vector]
        out["recognizer"] = self.recognizer
        out["version"] = self.version
        return out
