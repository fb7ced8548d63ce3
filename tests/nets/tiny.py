"""Tiny networks of known behavior, in the forms in which people export large ones."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from veduta.nets.own import own_pack
from veduta.nets.pack import ModelPack
from veduta.nets.store import ModelStore

Shape = Sequence[int | str]
FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64


def write(
    path: Path,
    nodes: Sequence[onnx.NodeProto],
    inputs: Mapping[str, tuple[int, Shape]],
    outputs: Mapping[str, tuple[int, Shape]],
    constants: Mapping[str, np.ndarray] | None = None,
) -> Path:
    """Write an ONNX network; inputs and outputs are (element type, shape) by name."""
    graph = helper.make_graph(
        list(nodes),
        "tiny",
        [helper.make_tensor_value_info(name, kind, list(shape)) for name, (kind, shape) in inputs.items()],
        [helper.make_tensor_value_info(name, kind, list(shape)) for name, (kind, shape) in outputs.items()],
        [numpy_helper.from_array(array, name) for name, array in (constants or {}).items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())
    return path


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def add(store: ModelStore, path: Path, task: str, companions: Sequence[Path] = (), **facts: Any) -> ModelPack:
    """Add a network of one's own to a store; its record."""
    pack, files = own_pack(
        str(path),
        sha256=sha256(path),
        name=facts.pop("name", "tiny"),
        task=task,
        companions=[f"{c}={sha256(c)}" for c in companions],
        **facts,
    )
    store.add(pack, path, companions=files)
    return pack


def image_embedder(path: Path, matrix: np.ndarray, shape: Shape = ("n", "c", "h", "w")) -> Path:
    """The mean color, (n, 3), times a matrix (3, d): beside it, as is common, the map that it was taken from."""
    channels_last = shape[-1] == 3
    nodes = [
        helper.make_node(
            "ReduceMean", ["pixels"], ["mean"], axes=[1, 2] if channels_last else [2, 3], keepdims=0
        ),
        helper.make_node("MatMul", ["mean", "matrix"], ["image_embeds"]),
        helper.make_node("Identity", ["pixels"], ["map"]),
    ]
    return write(
        path,
        nodes,
        {"pixels": (FLOAT, shape)},
        {"map": (FLOAT, shape), "image_embeds": (FLOAT, [shape[0], matrix.shape[1]])},
        {"matrix": matrix.astype(np.float32)},
    )


def text_embedder(path: Path, table: np.ndarray, length: int | str = "length", mask: bool = True) -> Path:
    """The sum of the vectors of a text's tokens, from a table (tokens, d)."""
    inputs = {"input_ids": (INT64, ("n", length))}
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["rows"])]
    last = "rows"
    if mask:
        inputs["attention_mask"] = (INT64, ("n", length))
        nodes += [
            helper.make_node("Cast", ["attention_mask"], ["kept"], to=FLOAT),
            helper.make_node("Unsqueeze", ["kept", "last"], ["column"]),
            helper.make_node("Mul", ["rows", "column"], ["told"]),
        ]
        last = "told"
    nodes.append(helper.make_node("ReduceSum", [last, "middle"], ["text_embeds"], keepdims=0))
    return write(
        path,
        nodes,
        inputs,
        {"text_embeds": (FLOAT, ("n", table.shape[1]))},
        {
            "table": table.astype(np.float32),
            **({"last": np.array([2], np.int64)} if mask else {}),
            "middle": np.array([1], np.int64),
        },
    )


def unigram_file(path: Path, pieces: Sequence[tuple[str, float]], unknown: int = 0) -> Path:
    """A ``tokenizer.json`` of SentencePiece's kind."""
    plain = {
        "added_tokens": [],
        "normalizer": {"type": "Lowercase"},
        "model": {"type": "Unigram", "unk_id": unknown, "vocab": [list(piece) for piece in pieces]},
    }
    path.write_text(json.dumps(plain), encoding="utf-8")
    return path


def red_detector(path: Path, form: str, side: int = 64) -> Path:
    """Finds the one red thing in a picture of `side` pixels: as "boxes", "queries" or "table" of two names.

    Each form tells it twice, the second time a pixel wider and less surely, and adds something unlikely.
    """
    index = np.arange(side, dtype=np.float32)
    nodes = [
        helper.make_node("Split", ["pixels", "ones"], ["red", "green", "blue"], axis=1),
        helper.make_node("Sub", ["red", "green"], ["redness"]),
        helper.make_node("Greater", ["redness", "half"], ["is_red"]),
        helper.make_node("Cast", ["is_red"], ["mask"], to=FLOAT),
    ]
    for low, high, axis in (("left", "right", 2), ("top", "bottom", 3)):
        nodes += [
            helper.make_node("ReduceMax", ["mask"], [f"line{axis}"], axes=[1, axis], keepdims=0),
            helper.make_node("Mul", [f"line{axis}", "after"], [f"upto{axis}"]),
            helper.make_node("ReduceMax", [f"upto{axis}"], [high], axes=[1], keepdims=1),
            helper.make_node("Mul", [f"line{axis}", "before"], [f"from{axis}"]),
            helper.make_node("ReduceMax", [f"from{axis}"], [f"rest{axis}"], axes=[1], keepdims=1),
            helper.make_node("Sub", ["side", f"rest{axis}"], [low]),
        ]
    nodes.append(
        helper.make_node("Concat", ["left", "top", "right", "bottom"], ["corners"], axis=1)
    )  # (1, 4)
    constants: dict[str, np.ndarray] = {
        "ones": np.array([1, 1, 1], np.int64),
        "half": np.array(0.5, np.float32),
        "after": index + 1,
        "before": side - index,
        "side": np.array(side, np.float32),
        "wider": np.array([[[0, 0, 0, 0]], [[0, 0, 1, 0]], [[0, 0, 0, 0]]], np.float32),
    }
    nodes += [
        helper.make_node("Add", ["corners", "wider"], ["thrice"]),  # (3, 1, 4)
        helper.make_node("Squeeze", ["thrice", "one"], ["all"]),
    ]
    constants["one"] = np.array([1], np.int64)
    if form == "boxes":
        nodes += [
            helper.make_node("Identity", [name], [f"{name}_out"]) for name in ("all", "labels", "scores")
        ]
        constants["labels"] = np.array([1, 1, 1], np.int64)
        constants["scores"] = np.array([0.9, 0.8, 0.1], np.float32)
        outputs: dict[str, tuple[int, Shape]] = {
            "all_out": (FLOAT, (3, 4)), "labels_out": (INT64, (3,)), "scores_out": (FLOAT, (3,))
        }  # fmt: skip
        return write(path, nodes, {"pixels": (FLOAT, (1, 3, side, side))}, outputs, constants)
    # Corners to center and size: (x1 + x2) / 2, x2 - x1.
    to_center = np.array([[0.5, 0, -1, 0], [0, 0.5, 0, -1], [0.5, 0, 1, 0], [0, 0.5, 0, 1]], np.float32)
    constants["to_center"] = to_center
    nodes.append(helper.make_node("MatMul", ["all", "to_center"], ["centered"]))
    if form == "queries":
        constants["relative"] = np.array(1 / side, np.float32)
        constants["logits_in"] = np.array([[[-4, 3.0]], [[-4, 2]], [[-4, -3]]], np.float32).reshape(3, 2)
        constants["zero"] = np.array([0], np.int64)
        nodes += [
            helper.make_node("Mul", ["centered", "relative"], ["relatives"]),
            helper.make_node("Unsqueeze", ["logits_in", "zero"], ["logits"]),
            helper.make_node("Unsqueeze", ["relatives", "zero"], ["pred_boxes"]),
        ]
        outputs = {"logits": (FLOAT, (1, 3, 2)), "pred_boxes": (FLOAT, (1, 3, 4))}
    else:
        constants["likely"] = np.array([[0.01, 0.9], [0.01, 0.8], [0.01, 0.1]], np.float32)
        constants["zero"] = np.array([0], np.int64)
        nodes += [
            helper.make_node("Concat", ["centered", "likely"], ["rows"], axis=1),
            helper.make_node("Transpose", ["rows"], ["columns"], perm=[1, 0]),
            helper.make_node("Unsqueeze", ["columns", "zero"], ["output0"]),
        ]
        outputs = {"output0": (FLOAT, (1, 6, 3))}
    return write(path, nodes, {"pixels": (FLOAT, (1, 3, side, side))}, outputs, constants)
