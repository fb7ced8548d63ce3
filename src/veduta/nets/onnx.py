"""ONNX Runtime, for machines with a CUDA GPU (``pip install veduta[cuda]``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from veduta.errors import ModelUnavailable
from veduta.nets.engine import channels_last
from veduta.nets.pack import ModelPack

PROVIDERS = {"cuda": "CUDAExecutionProvider", "onnx-cpu": "CPUExecutionProvider"}


class OnnxBackend:
    """Runs an ONNX network through ONNX Runtime on `device` ("cuda", or "onnx-cpu" to compare)."""

    def __init__(
        self, path: Path, pack: ModelPack, device: str, pixels: bool, outputs: Sequence[str] | None
    ) -> None:
        if device not in PROVIDERS:
            raise ModelUnavailable(f"unknown device {device!r}; known: cpu, {', '.join(PROVIDERS)}")
        if path.suffix != ".onnx":
            raise ModelUnavailable(f"{pack.name} is not an ONNX network; it runs on the processor only")
        try:
            import onnxruntime as ort
        except ImportError as error:
            raise ModelUnavailable("ONNX Runtime is not installed: pip install 'veduta[cuda]'") from error
        wanted = PROVIDERS[device]
        if wanted not in ort.get_available_providers():
            raise ModelUnavailable(
                f"this ONNX Runtime has no {wanted} (it has {', '.join(ort.get_available_providers())}):"
                " pip install 'veduta[cuda]' on a machine with a GPU, or use device cpu"
            )
        self._pixels = pixels
        self._pack = pack
        self._outputs = list(outputs) if outputs is not None else None
        self._session = ort.InferenceSession(str(path), providers=[wanted])
        self.inputs = tuple(port.name for port in self._session.get_inputs())
        self._shapes = {port.name: port.shape for port in self._session.get_inputs()}
        self._channels_last = pixels and channels_last(self._shapes[self.inputs[0]])
        self._dtypes = {
            port.name: np.dtype(
                {"tensor(int64)": "int64", "tensor(int32)": "int32", "tensor(uint8)": "uint8"}.get(
                    port.type, "float32"
                )
            )
            for port in self._session.get_inputs()
        }

    def static_size(self, name: str, axis: int) -> int | None:
        """The fixed length of an input along `axis`; None where it may vary."""
        shape = self._shapes[name]
        if self._pixels and not self._channels_last:  # pictures are given as (n, height, width, 3)
            shape = [shape[0], *shape[2:], shape[1]]
        length = shape[axis]
        return length if isinstance(length, int) else None

    def _fed(self, name: str, array: NDArray[Any]) -> NDArray[Any]:
        if self._pixels:
            if self._pack.channels == "BGR":
                array = array[..., ::-1]
            mean, deviation = (np.array(v, np.float32) for v in (self._pack.mean, self._pack.std))
            array = (array.astype(np.float32) - mean) / deviation
            if not self._channels_last:
                array = array.transpose(0, 3, 1, 2)
        return np.ascontiguousarray(array, dtype=self._dtypes[name])

    def run(self, batches: Sequence[Mapping[str, NDArray[Any]]]) -> list[list[NDArray[Any]]]:
        """The outputs of each batch, in graph order."""
        return [
            [
                np.asarray(out)
                for out in self._session.run(self._outputs, {n: self._fed(n, b[n]) for n in self.inputs})
            ]
            for b in batches
        ]
