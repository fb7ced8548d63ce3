"""Single-shot detectors of TensorFlow's model zoo: the network alone, without its scaling and selection."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

# Of all named tensors of such a frozen graph these bound the network proper: around them lie loops that scale
# each picture and select boxes one class after another, which cost more than the network.
IMAGE = "Preprocessor/sub:0"
BOXES = "BoxPredictor_{}/BoxEncodingPredictor/BiasAdd:0"
SCORES = "BoxPredictor_{}/ClassPredictor/BiasAdd:0"


def to_openvino(weight: Path, side: int = 300, classes: int = 91) -> Any:
    """The OpenVINO model in the frozen graph `weight`.

    Input `image`: float32 RGB (n, 3, side, side), scaled to -1..1. Outputs `boxes`: float32 (n, anchors, 4),
    encoded relative to the network's anchors, and `scores`: float32 (n, anchors, classes), class 0 being
    background. Raises KeyError when the file is no such detector.
    """
    import openvino as ov
    from openvino import opset13 as op

    graph = ov.Core().read_model(str(weight))
    named = {name: out for node in graph.get_ordered_ops() for out in node.outputs() for name in out.names}
    image = op.parameter([-1, 3, side, side], np.float32, name="image")
    for target in list(named[IMAGE].get_target_inputs()):
        target.replace_source_output(image.output(0))

    def joined(pattern: str, channels: int) -> Any:
        maps = [named[pattern.format(k)] for k in range(6)]
        rows = [op.reshape(m, op.constant(np.array([0, -1, channels])), special_zero=True) for m in maps]
        return op.concat(rows, 1)

    boxes = op.result(joined(BOXES, 4))
    scores = op.result(op.sigmoid(joined(SCORES, classes)))
    image.output(0).set_names({"image"})
    boxes.output(0).set_names({"boxes"})
    scores.output(0).set_names({"scores"})
    return ov.Model([boxes, scores], [image], "ssd")
