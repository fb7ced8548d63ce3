"""MediaPipe's segmenters of people: which pixels are a person's (selfie), and which this one person's (pose)."""

from __future__ import annotations

from veduta.nets.pack import ModelPack

_FACTS = {
    "license": "Apache-2.0",
    "copyright": "Copyright 2021 The MediaPipe Authors (Google LLC)",
    "package": "mediapipe",
    "package_version": "0.10.14",
    # Made for one kind of machine, like all wheels of this package; the two files taken out serve on every kind.
    "archive": "mediapipe-0.10.14-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
    "archive_sha256": "a807328339e7356fda0bb14df12fedbf1d33bdf81649c5f8666b0026b1cc30b4",
}
_MODULES = "https://github.com/google-ai-edge/mediapipe, mediapipe/modules"

SELFIE = ModelPack(
    name="selfie-segmenter",
    version="0.10.14",
    task="segmenter",
    source=f"{_MODULES}/selfie_segmentation",
    **_FACTS,  # type: ignore[arg-type]
    archive_bytes=35664771,
    member="mediapipe/modules/selfie_segmentation/selfie_segmentation.tflite",
    member_sha256="9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c",
    member_bytes=249505,
    converter="selfie-segmenter",
    shape=(-1, 3, 256, 256),
    size=(256, 256),
    std=(255.0, 255.0, 255.0),
    notes="MobileNetV3 with a decoder. Output: probability of person, one channel at full size.",
)

POSE = ModelPack(
    name="pose-segmenter",
    version="0.10.14",
    task="segmenter",
    source=f"{_MODULES}/pose_landmark",
    **_FACTS,  # type: ignore[arg-type]
    archive_bytes=35664771,
    member="mediapipe/modules/pose_landmark/pose_landmark_full.tflite",
    member_sha256="e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
    member_bytes=6440512,
    converter="pose-segmenter",
    shape=(-1, 3, 256, 256),
    size=(256, 256),
    std=(255.0, 255.0, 255.0),
    notes="BlazePose, its segmenting branch alone. Output: probability of the person in the middle, one channel at"
    " full size.",
)

PACKS = (SELFIE, POSE)
