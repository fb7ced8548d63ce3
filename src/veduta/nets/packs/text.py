"""PP-OCRv6 (small): lines of text are found, turned upright and read."""

from __future__ import annotations

from veduta.nets.pack import ModelPack

_FACTS = {
    "license": "Apache-2.0",
    "copyright": "Copyright (c) Baidu and PaddlePaddle Authors (networks), RapidOCR Authors (package)",
    "source": "https://github.com/PaddlePaddle/PaddleOCR, carried by https://github.com/RapidAI/RapidOCR",
    "package": "rapidocr",
    "package_version": "3.10.0",
    "archive": "rapidocr-3.10.0-py3-none-any.whl",
    "archive_sha256": "2fc34e26cd0f48514804a94f8832283039c7334076bff60768b1fed9ad068050",
}

TEXT_DETECTOR = ModelPack(
    name="pp-ocr-detector",
    version="6",
    task="text-detector",
    **_FACTS,  # type: ignore[arg-type]
    archive_bytes=27288134,
    member="rapidocr/models/PP-OCRv6_det_small.onnx",
    member_sha256="090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
    member_bytes=9929594,
    mean=(127.5, 127.5, 127.5),
    std=(127.5, 127.5, 127.5),
    channels="BGR",
    notes="Sides divisible by 32. Output: probability of text, one channel at full size.",
)

TEXT_READER = ModelPack(
    name="pp-ocr-reader",
    version="6",
    task="text-recognizer",
    **_FACTS,  # type: ignore[arg-type]
    archive_bytes=27288134,
    member="rapidocr/models/PP-OCRv6_rec_small.onnx",
    member_sha256="6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
    member_bytes=21234383,
    converter="onnx-with-characters",
    shape=(-1, 3, 48, -1),
    mean=(127.5, 127.5, 127.5),
    std=(127.5, 127.5, 127.5),
    channels="BGR",
    notes="Lines 48 pixels high. Output: CTC probabilities, 0 is blank, then characters.txt, then space.",
)

TEXT_DIRECTION = ModelPack(
    name="pp-ocr-direction",
    version="2",
    task="text-direction",
    **_FACTS,  # type: ignore[arg-type]
    archive_bytes=27288134,
    member="rapidocr/models/ch_ppocr_mobile_v2.0_cls_mobile.onnx",
    member_sha256="e47acedf663230f8863ff1ab0e64dd2d82b838fceb5957146dab185a89d6215c",
    member_bytes=585532,
    size=(48, 192),
    mean=(127.5, 127.5, 127.5),
    std=(127.5, 127.5, 127.5),
    channels="BGR",
    notes="Output: probabilities of 0 and 180 degrees.",
)

PACKS = (TEXT_DETECTOR, TEXT_READER, TEXT_DIRECTION)
