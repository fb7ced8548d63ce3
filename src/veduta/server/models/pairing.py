"""What two photos have in common, point by point."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from veduta.server.models.base import Answer

Matrix = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]


class PairingOut(Answer):
    """Matches of two photos, verified by one motion of the camera."""

    points: tuple[int, int] = Field(description="found in each photo")
    matches: int
    verified: int = Field(description="matches that one motion explains")
    same: bool = Field(description="whether these are more than chance brings")
    similarity: float = Field(description="0 at what chance brings, 0.5 at twice as much, below 1")
    model: Literal["homography", "fundamental"]
    homography: Matrix | None = Field(description="from pixels of the first photo to those of the second")
