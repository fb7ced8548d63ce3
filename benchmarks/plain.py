"""The plain pipeline: the same networks through the packages' own Python interfaces, one after another.

What a competent user writes in an afternoon: each photo is decoded in full, and each package is shown it in
turn with its default settings. Classifier and detector are the very networks that Veduta runs, written out
as ONNX.
"""

from __future__ import annotations

import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np


def to_onnx(xml: Path, target: Path) -> Path:
    """Write one of the converted networks (EfficientNet-Lite2, SSD-MobileNetV2) as ONNX."""
    import onnx
    import openvino as ov
    from onnx import TensorProto, helper, numpy_helper

    model = ov.Core().read_model(str(xml))
    nodes, weights, names = [], [], {}

    def constant(value: np.ndarray, name: str) -> str:
        weights.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    for number, op in enumerate(model.get_ordered_ops()):
        kind, out = op.get_type_name(), f"t{number}"
        ins = [names[i.get_source_output().get_node().get_friendly_name()] for i in op.inputs()]
        fixed = {i: s.get_source_output().get_node() for i, s in enumerate(op.inputs())}
        facts = op.get_attributes()
        if kind == "Result":
            continue
        if kind == "Parameter":
            out = "pixels"
        elif kind == "Constant":
            constant(op.data, out)
        elif kind in ("Convolution", "GroupConvolution"):
            weight = fixed[1].data
            groups = weight.shape[0] if kind == "GroupConvolution" else 1
            flat = constant(weight.reshape(-1, *weight.shape[-3:]), f"{out}w")
            pads = {
                "auto_pad": {"same_upper": "SAME_UPPER", "valid": "VALID"}.get(facts["auto_pad"], "NOTSET")
            }
            if pads["auto_pad"] == "NOTSET":
                pads = {"pads": [*facts["pads_begin"], *facts["pads_end"]]}
            steps = [int(v) for v in facts["strides"]]
            nodes.append(helper.make_node("Conv", [ins[0], flat], [out], group=groups, strides=steps, **pads))
        elif kind == "Clamp":
            low, high = (constant(np.float32(facts[k]), f"{out}{k}") for k in ("min", "max"))
            nodes.append(helper.make_node("Clip", [ins[0], low, high], [out]))
        elif kind in ("Add", "Multiply"):
            nodes.append(helper.make_node({"Add": "Add", "Multiply": "Mul"}[kind], ins, [out]))
        elif kind == "Transpose":
            nodes.append(helper.make_node("Transpose", ins[:1], [out], perm=[int(v) for v in fixed[1].data]))
        elif kind == "Reshape":
            shape = constant(fixed[1].data.astype(np.int64), f"{out}s")
            nodes.append(helper.make_node("Reshape", [ins[0], shape], [out]))
        elif kind == "Concat":
            nodes.append(helper.make_node("Concat", ins, [out], axis=int(facts["axis"])))
        elif kind == "Sigmoid":
            nodes.append(helper.make_node("Sigmoid", ins, [out]))
        elif kind == "ReduceMean":
            nodes.append(helper.make_node("ReduceMean", ins, [out], keepdims=0))
        elif kind == "MatMul":
            turned = constant(fixed[1].data.T if facts["transpose_b"] else fixed[1].data, f"{out}w")
            nodes.append(helper.make_node("MatMul", [ins[0], turned], [out]))
        else:
            raise NotImplementedError(f"{xml}: operation {kind}")
        names[op.get_friendly_name()] = out
    outputs = [
        helper.make_tensor_value_info(
            names[r.input(0).get_source_output().get_node().get_friendly_name()], TensorProto.FLOAT, None
        )
        for r in model.get_results()
    ]
    pixels = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [1, 3, None, None])
    graph = helper.make_graph(nodes, "network", [pixels], outputs, weights)
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), str(target)
    )
    return target


class PlainPipeline:
    """Five packages, one after another; `seconds` sums the time of each."""

    def __init__(self, folder: Path) -> None:
        import dlib
        import onnxruntime
        from rapidocr import RapidOCR

        from veduta.nets.packs.imagenet import LITE2
        from veduta.nets.packs.objects import SSD
        from veduta.nets.store import default_store

        store = default_store()
        provider = ["CPUExecutionProvider"]
        self._classifier, self._objects = (
            onnxruntime.InferenceSession(
                str(to_onnx(store.path(pack), folder / f"{pack.name}.onnx")), None, provider
            )
            for pack in (LITE2, SSD)
        )
        self._packs = (LITE2, SSD)
        found = find_spec("face_recognition_models")
        if found is None or found.submodule_search_locations is None:
            raise ModuleNotFoundError("face-recognition-models is not installed: run `make bench`")
        models = Path(found.submodule_search_locations[0]) / "models"
        self._faces = dlib.get_frontal_face_detector()
        self._points = dlib.shape_predictor(str(models / "shape_predictor_5_face_landmarks.dat"))
        self._identity = dlib.face_recognition_model_v1(
            str(models / "dlib_face_recognition_resnet_model_v1.dat")
        )
        self._text = RapidOCR()
        self.seconds: dict[str, float] = {}

    def see(self, path: Path) -> dict[str, Any]:
        """Everything the packages see in one photo."""
        from PIL import Image, ImageOps

        out: dict[str, Any] = {}
        start = time.perf_counter()
        image = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
        pixels = np.asarray(image)
        start = self._lap("decode", start)
        for side in (320, 1440):
            small = image.copy()
            small.thumbnail((side, side))
            small.save("/dev/null", "WEBP", quality=80)
        start = self._lap("thumbnails", start)
        out["labels"] = self._run(self._classifier, self._packs[0], image)
        start = self._lap("classifier", start)
        out["objects"] = self._run(self._objects, self._packs[1], image)
        start = self._lap("objects", start)
        out["faces"] = [
            self._identity.compute_face_descriptor(pixels, self._points(pixels, box))
            for box in self._faces(pixels)
        ]
        start = self._lap("faces", start)
        out["text"] = self._text(pixels[:, :, ::-1])
        self._lap("text", start)
        return out

    def _lap(self, stage: str, start: float) -> float:
        now = time.perf_counter()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - start
        return now

    @staticmethod
    def _run(session: Any, pack: Any, image: Any) -> Any:
        small = np.asarray(image.resize(pack.size), np.float32)
        batch = ((small - np.float32(pack.mean)) / np.float32(pack.std)).transpose(2, 0, 1)[None]
        return session.run(None, {"pixels": np.ascontiguousarray(batch, np.float32)})
