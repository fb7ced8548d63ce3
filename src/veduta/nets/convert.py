"""How a weight file becomes the file that the engine reads: once, when a network is pulled."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from veduta.errors import VedutaError


class ConversionFailed(VedutaError):
    """Weights that could not be turned into a network."""


@dataclass(frozen=True, slots=True)
class Converter:
    """A named conversion; `revision` grows whenever its result would differ, so that stores convert again."""

    convert: Callable[[Path, Path], Path]
    revision: int = 1


def _copy(weight: Path, folder: Path) -> Path:
    return Path(shutil.copyfile(weight, folder / f"model{weight.suffix}"))


def _openvino(weight: Path, folder: Path) -> Path:
    import openvino as ov

    model = ov.Core().read_model(str(weight))
    ov.save_model(model, str(folder / "model.xml"), compress_to_fp16=False)
    return folder / "model.xml"


def _efficientnet_lite2(weight: Path, folder: Path) -> Path:
    import openvino as ov

    from veduta.nets.efficientnet import build, read_lite2
    from veduta.nets.unpickle import read_weights

    model = build(read_lite2(read_weights(weight)))
    ov.save_model(model, str(folder / "model.xml"), compress_to_fp16=False)
    return folder / "model.xml"


def _onnx_with_characters(weight: Path, folder: Path) -> Path:
    import openvino as ov

    model = ov.Core().read_model(str(weight))
    try:
        text = str(model.get_rt_info(["framework", "character"]).astype(str))
    except RuntimeError as error:
        raise ConversionFailed(f"{weight.name}: no list of characters inside") from error
    (folder / "characters.txt").write_text(text, encoding="utf-8", newline="")
    return _copy(weight, folder)


def _dlib_resnet(weight: Path, folder: Path) -> Path:
    import openvino as ov

    from veduta.nets.dlib import to_openvino

    ov.save_model(to_openvino(weight), str(folder / "model.xml"), compress_to_fp16=False)
    return folder / "model.xml"


def _tensorflow_ssd(weight: Path, folder: Path) -> Path:
    import openvino as ov

    from veduta.nets.ssd import to_openvino

    try:
        model = to_openvino(weight)
    except KeyError as error:
        raise ConversionFailed(f"{weight.name}: no detector of TensorFlow's zoo: lacks {error}") from error
    ov.save_model(model, str(folder / "model.xml"), compress_to_fp16=False)
    return folder / "model.xml"


def _xfeat(weight: Path, folder: Path) -> Path:
    import openvino as ov

    from veduta.nets.unpickle import read_weights
    from veduta.nets.xfeat import build

    ov.save_model(build(read_weights(weight)), str(folder / "model.xml"), compress_to_fp16=False)
    return folder / "model.xml"


def _lighterglue(weight: Path, folder: Path) -> Path:
    import openvino as ov

    from veduta.nets.lighterglue import build
    from veduta.nets.unpickle import read_weights

    ov.save_model(build(read_weights(weight)), str(folder / "model.xml"), compress_to_fp16=False)
    return folder / "model.xml"


def _selfie_segmenter(weight: Path, folder: Path) -> Path:
    return _tflite(weight, folder, 0)


def _pose_segmenter(weight: Path, folder: Path) -> Path:
    # The third of its outputs, in log odds; the others tell joints.
    return _tflite(weight, folder, 2, probabilities=False)


def _tflite(weight: Path, folder: Path, output: int, probabilities: bool = True) -> Path:
    import openvino as ov

    from veduta.nets.tflite import read_lite
    from veduta.nets.tflite_graph import build

    model = build(read_lite(weight), weight.stem, output, probabilities)
    ov.save_model(model, str(folder / "model.xml"), compress_to_fp16=False)
    return folder / "model.xml"


def _painter_styles(weight: Path, folder: Path) -> Path:
    from veduta.nets.painter import of_many_styles

    return of_many_styles(weight).save(folder / "model.npz")


def _painter_paintings(weight: Path, folder: Path) -> Path:
    from veduta.nets.painter import of_any_style

    return of_any_style(weight).save(folder / "model.npz")


def _painter(weight: Path, folder: Path) -> Path:
    from veduta.nets.painter import read_painter

    return read_painter(weight).save(folder / "model.npz")


def _real_esrgan(weight: Path, folder: Path) -> Path:
    import openvino as ov

    from veduta.nets.rrdb import build, read_rrdb

    ov.save_model(build(read_rrdb(weight)), str(folder / "model.xml"), compress_to_fp16=False)
    return folder / "model.xml"


def _own(weight: Path, folder: Path) -> Path:
    import openvino as ov

    try:
        ov.Core().read_model(str(weight))
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1]
        raise ConversionFailed(f"{weight.name} is not a network that OpenVINO can read: {reason}") from error
    return _copy(weight, folder)


CONVERTERS: dict[str, Converter] = {
    "copy": Converter(_copy),
    "own": Converter(_own),
    "openvino": Converter(_openvino),
    "efficientnet-lite2": Converter(_efficientnet_lite2),
    "onnx-with-characters": Converter(_onnx_with_characters),
    "dlib-resnet": Converter(_dlib_resnet),
    "tensorflow-ssd": Converter(_tensorflow_ssd),
    "xfeat": Converter(_xfeat),
    "lighterglue": Converter(_lighterglue),
    "selfie-segmenter": Converter(_selfie_segmenter),
    "pose-segmenter": Converter(_pose_segmenter),
    "painter-styles": Converter(_painter_styles),
    "painter-paintings": Converter(_painter_paintings),
    "painter": Converter(_painter),
    "real-esrgan": Converter(_real_esrgan),
}


def converter(name: str) -> Converter:
    """The converter called `name`; raises ConversionFailed when there is none."""
    if name not in CONVERTERS:
        raise ConversionFailed(f"no converter is called {name!r}; known: {', '.join(CONVERTERS)}")
    return CONVERTERS[name]
