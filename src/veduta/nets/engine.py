"""One way to run every network: OpenVINO on the processor, or ONNX Runtime with CUDA where asked for."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from veduta.errors import VedutaError
from veduta.nets.pack import ModelPack
from veduta.nets.pages import release
from veduta.nets.store import ModelStore, default_store
from veduta.settings import settings

if TYPE_CHECKING:
    import openvino as ov

Inputs = Mapping[str, NDArray[Any]]
Shapes = tuple[tuple[str, tuple[int, ...]], ...]

# Kept at once for a network: enough for some batch sizes and shape buckets, few enough to bound the memory.
MOST_SHAPES = 6
# A request runs on this many threads. One on each thread would be as fast and hold the maps of as many pictures.
STREAM_THREADS = 2


class WrongInput(VedutaError):
    """An array that a network cannot take."""


def bucket(size: int, steps: Sequence[int]) -> int:
    """The smallest of the ascending `steps` that is at least `size`, or the largest."""
    return next((step for step in steps if step >= size), steps[-1])


def thread_count() -> int:
    """Processor threads for networks: those of the settings, else all that this process may use."""
    if settings().threads:
        return settings().threads
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:  # a container's share of the processor, which the affinity does not show
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return max(1, min(allowed, round(int(quota) / int(period))))
    except (OSError, ValueError):
        return allowed


def channels_last(sizes: Sequence[object]) -> bool:
    """Whether a network with input of these four sizes (a fixed one is an int) takes pictures (n, h, w, 3)."""
    return sizes[3] == 3 and sizes[1] != 3


class Backend(Protocol):
    """What runs one network at fixed shapes."""

    inputs: tuple[str, ...]

    def run(self, batches: Sequence[Inputs]) -> list[list[NDArray[Any]]]:
        """The outputs of each batch, in graph order; batches may run side by side."""

    def static_size(self, name: str, axis: int) -> int | None:
        """The fixed length of an input along `axis`; None where it may vary."""


class Network:
    """A network that is ready to run; it can be shared between threads.

    A batch is cut into micro-batches of at most `batch` rows, which run side by side, each on a thread of its own:
    on processors single rows cost least (see docs/decisions.md). Each combination of input shapes is compiled
    once and kept (the most recent ones only), so callers should bring pictures to a few fixed sizes.
    """

    def __init__(self, pack: ModelPack, backend: Backend, batch: int) -> None:
        self.pack = pack
        self.batch = batch
        self._backend = backend

    @classmethod
    def open(
        cls,
        pack: ModelPack,
        store: ModelStore | None = None,
        *,
        pixels: bool = False,
        outputs: Sequence[str] | None = None,
        edit: Callable[[ov.Model], ov.Model] | None = None,
        batch: int = 1,
        threads: int | None = None,
        device: str = "cpu",
        sides: tuple[int, int] | None = None,
    ) -> Network:
        """Open the network of `pack`; raises ModelUnavailable when its weights are not in the store.

        With `pixels` the input is uint8 (n, height, width, 3), RGB, and the graph itself brings it to the
        pack's channels, mean and deviation. `outputs` keeps only those outputs, in that order. `edit` may
        change the graph before it is compiled. `device` "cuda" runs ONNX packs through ONNX Runtime. With `sides`,
        the least and the most, pictures of any such size share one compiled form: a little slower, but smaller than
        one for each size.
        """
        store = store or default_store()
        path = store.path(pack)
        if device != "cpu":
            from veduta.nets.onnx import OnnxBackend

            backend: Backend = OnnxBackend(path, pack, device, pixels, outputs)
        else:
            backend = OpenVinoBackend(path, pack, pixels, outputs, edit, threads or thread_count(), sides)
        return cls(pack, backend, batch)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs."""
        return self._backend.inputs

    def static_size(self, name: str, axis: int) -> int | None:
        """The fixed length of an input along `axis`; None where it may vary."""
        return self._backend.static_size(name, axis)

    def run(self, batch: NDArray[Any] | Inputs) -> list[NDArray[Any]]:
        """The outputs for a batch of n rows, each of n rows, in graph order.

        Raises WrongInput, naming what is expected.
        """
        if not isinstance(batch, Mapping):
            if len(self.inputs) != 1:
                raise WrongInput(f"{self.pack.name} has inputs {', '.join(self.inputs)}: name the arrays")
            batch = {self.inputs[0]: batch}
        if set(batch) != set(self.inputs):
            raise WrongInput(f"{self.pack.name} expects inputs {sorted(self.inputs)}, got {sorted(batch)}")
        rows = {len(array) for array in batch.values()}
        if len(rows) != 1 or rows == {0}:
            raise WrongInput(
                f"{self.pack.name}: batches of {sorted(rows)} rows; all inputs need the same, at least 1"
            )
        count = rows.pop()
        pieces = [
            {name: array[start : start + self.batch] for name, array in batch.items()}
            for start in range(0, count, self.batch)
        ]
        parts = self._backend.run(pieces)
        if len(parts) == 1:
            return parts[0]
        return [np.concatenate(rows) for rows in zip(*parts, strict=True)]


@cache
def _openvino_core() -> Any:
    import openvino as ov

    return ov.Core()


def compile_graph(model: ov.Model, threads: int | None = None) -> Any:
    """A graph built here, ready for requests on the processor; what it is for and how it is fed is the caller's."""
    options = {
        "INFERENCE_NUM_THREADS": threads or thread_count(),
        "NUM_STREAMS": 1,
        "INFERENCE_PRECISION_HINT": "f32",
    }
    return _openvino_core().compile_model(model, "CPU", options)


class _Compiled:
    """A network compiled for one combination of shapes, with at most as many requests as run side by side."""

    def __init__(self, compiled: Any) -> None:
        self.compiled = compiled
        self._more = max(1, int(compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS")))
        self._free: list[Any] = []
        self._changed = threading.Condition()

    def take(self, wait: bool) -> Any | None:
        """A request that nobody uses; None when there is none and `wait` is false."""
        with self._changed:
            while not self._free:
                if self._more:  # a request holds memory for all its maps: made only when it is needed
                    self._more -= 1
                    return self.compiled.create_infer_request()
                if not wait:
                    return None
                self._changed.wait()
            return self._free.pop()

    def give(self, request: Any) -> None:
        """Return a request."""
        with self._changed:
            self._free.append(request)
            self._changed.notify()


class OpenVinoBackend:
    """Runs a network on the processor, compiled for each combination of shapes."""

    def __init__(
        self,
        path: Path,
        pack: ModelPack,
        pixels: bool,
        outputs: Sequence[str] | None,
        edit: Callable[[ov.Model], ov.Model] | None,
        threads: int,
        sides: tuple[int, int] | None = None,
    ) -> None:
        self._pack = pack
        self._threads = threads
        self._sides = sides if pixels else None
        self._lock = threading.Lock()
        self._compiled: OrderedDict[Shapes, _Compiled] = OrderedDict()
        model = _openvino_core().read_model(str(path))
        if pack.shape and len(model.inputs) == 1:
            model.reshape(list(pack.shape))
        if edit is not None:
            model = edit(model)
        if outputs is not None:
            model = _keep(model, outputs)
        if pixels:
            model = _take_pixels(model, pack)
        self._model = model
        self._weights = path.with_suffix(".bin") if path.suffix == ".xml" else path
        self.inputs = tuple(port.get_any_name() for port in model.inputs)
        self._dtypes = {port.get_any_name(): port.get_element_type().to_dtype() for port in model.inputs}

    def static_size(self, name: str, axis: int) -> int | None:
        """The fixed length of an input along `axis`; None where it may vary."""
        length = self._model.input(name).get_partial_shape()[axis]
        return int(length.get_length()) if length.is_static else None

    def _at(self, batch: Inputs) -> _Compiled:
        key: Shapes = tuple((name, self._form(batch[name].shape)) for name in self.inputs)
        with self._lock:
            found = self._compiled.get(key)
            if found is None:
                found = _Compiled(self._compile(key))
                self._compiled[key] = found
                while len(self._compiled) > MOST_SHAPES:
                    self._compiled.popitem(last=False)  # requests in flight keep it alive until they end
            self._compiled.move_to_end(key)
            return found

    def _form(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape to compile for; -1 stands for all sides that share one form."""
        if self._sides is None or not all(self._sides[0] <= side <= self._sides[1] for side in shape[1:3]):
            return shape
        return (shape[0], -1, -1, *shape[3:])

    def _compile(self, shapes: Shapes) -> Any:
        import openvino as ov

        model = self._model.clone()
        shared = ov.Dimension(*self._sides) if self._sides else None
        try:
            model.reshape(
                {n: ov.PartialShape([shared if s < 0 else s for s in shape]) for n, shape in shapes}
            )
        except RuntimeError as error:
            expected = {p.get_any_name(): str(p.get_partial_shape()) for p in self._model.inputs}
            raise WrongInput(
                f"{self._pack.name} cannot take inputs of shape {dict(shapes)}, expected {expected}"
            ) from error
        compiled = _openvino_core().compile_model(
            model,
            "CPU",
            {
                "INFERENCE_NUM_THREADS": self._threads,
                "NUM_STREAMS": max(1, self._threads // STREAM_THREADS),
                "INFERENCE_PRECISION_HINT": "f32",
            },
        )
        release(self._weights)  # the compiled form has its own copy
        return compiled

    def run(self, batches: Sequence[Inputs]) -> list[list[NDArray[Any]]]:
        """The outputs of each batch, in graph order."""
        results: list[list[NDArray[Any]]] = [[] for _ in batches]
        pending: list[tuple[int, _Compiled, Any]] = []
        try:
            for index, batch in enumerate(batches):
                compiled = self._at(batch)
                # Nobody waits for a request while holding one, so threads that share a network cannot block.
                request = compiled.take(wait=not pending)
                while request is None:
                    self._finish(pending.pop(0), results)
                    request = compiled.take(wait=not pending)
                arrays = {n: np.ascontiguousarray(batch[n], dtype=self._dtypes[n]) for n in self.inputs}
                request.start_async(arrays, share_inputs=True)
                pending.append((index, compiled, request))
        finally:
            for item in pending:
                self._finish(item, results)
        return results

    def _finish(self, item: tuple[int, _Compiled, Any], results: list[list[NDArray[Any]]]) -> None:
        index, compiled, request = item
        try:
            request.wait()
            results[index] = [np.array(tensor.data) for tensor in request.output_tensors]
        finally:
            compiled.give(request)


def _keep(model: ov.Model, outputs: Sequence[str]) -> ov.Model:
    import openvino as ov

    known = {name: port for port in model.outputs for name in port.get_names()}
    missing = [name for name in outputs if name not in known]
    if missing:
        raise WrongInput(f"no output is called {', '.join(missing)}; known: {', '.join(sorted(known))}")
    return ov.Model([known[name].node for name in outputs], model.get_parameters(), model.get_friendly_name())


def _take_pixels(model: ov.Model, pack: ModelPack) -> ov.Model:
    import openvino as ov
    from openvino.preprocess import ColorFormat, PrePostProcessor

    if len(model.inputs) != 1:
        names = ", ".join(port.get_any_name() for port in model.inputs)
        raise WrongInput(
            f"{pack.name} has inputs {names}, not one of pictures: export the part that sees pictures alone"
        )
    steps = PrePostProcessor(model)
    info = steps.input()
    info.tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC")).set_color_format(ColorFormat.RGB)
    shape = model.inputs[0].get_partial_shape()
    if shape.rank.is_dynamic or len(shape) != 4:
        raise WrongInput(f"{pack.name} takes {shape}, not pictures of 4 axes")
    sizes = [shape[axis].get_length() if shape[axis].is_static else None for axis in range(4)]
    info.model().set_layout(ov.Layout("NHWC" if channels_last(sizes) else "NCHW"))
    if pack.channels == "BGR":
        info.preprocess().convert_color(ColorFormat.BGR)
    info.preprocess().convert_element_type(ov.Type.f32).mean(list(pack.mean)).scale(list(pack.std))
    return steps.build()
