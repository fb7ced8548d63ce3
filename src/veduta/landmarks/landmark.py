"""What is known of a landmark beside its photos."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["built", "natural", ""]


@dataclass(frozen=True, slots=True)
class Landmark:
    """A place worth a photo.

    `id` is its folder's name in the bank, unique there; latitude and longitude are in degrees (WGS 84), None where
    nobody told. `kind` is "" where unknown. `frequency` is how often it is photographed ("frequent", "rare", "").
    """

    id: str
    name: str
    country: str = ""
    city: str = ""
    region: str = ""
    latitude: float | None = None
    longitude: float | None = None
    kind: Kind = ""
    frequency: str = ""
