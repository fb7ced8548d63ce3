"""The networks that Veduta knows: one module for each family."""

from __future__ import annotations

from veduta.nets.pack import ModelPack
from veduta.nets.packs import enlarge, faces, imagenet, local, objects, people, style, text


def known_packs() -> tuple[ModelPack, ...]:
    """All packs that ship as records with Veduta, default ones first."""
    found = (
        *imagenet.PACKS,
        *objects.PACKS,
        *faces.PACKS,
        *people.PACKS,
        *text.PACKS,
        *local.PACKS,
        *style.PACKS,
        *enlarge.PACKS,
    )
    return tuple(sorted(found, key=lambda p: not p.default))
