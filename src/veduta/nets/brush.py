"""A brush: a painter and one style, ready to paint pictures of any size."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.nets.engine import compile_graph
from veduta.nets.painter import LEAST, STEP, Painter, folded, unfolded
from veduta.nets.painter_graph import border, whole
from veduta.nets.strips import paint_in_strips
from veduta.progress import Progress

Pixels = NDArray[np.uint8]

# Up to here a picture is painted at once; its maps take some 500 bytes a pixel.
WHOLE_PIXELS = 1_200_000
# Sizes for which the graph is kept ready.
MOST_SIZES = 3


class Brush:
    """Paints in the style of one code; it can be shared between threads."""

    def __init__(self, painter: Painter, code: NDArray[Any], threads: int | None = None) -> None:
        self.painter, self.code, self.threads = painter, np.asarray(code, np.float64).ravel(), threads
        self._ready: OrderedDict[tuple[int, int, bool], Any] = OrderedDict()
        self._lock = threading.Lock()

    def paint(self, pixels: Pixels, progress: Progress | None = None) -> Pixels:
        """The picture uint8 (h, w, 3) painted; borders are continued by reflection where a side is no multiple of 4."""
        height, width = pixels.shape[:2]
        below = max(-height % STEP, LEAST - height)
        beside = max(-width % STEP, LEAST - width)
        if below or beside:
            # A side of a few pixels is shorter than what it lacks: its last pixels go on.
            small = min(height, width) < LEAST
            way = cv2.BORDER_REPLICATE if small else cv2.BORDER_REFLECT_101
            pixels = np.asarray(cv2.copyMakeBorder(pixels, 0, below, 0, beside, way), np.uint8)
        if pixels.shape[0] * pixels.shape[1] > WHOLE_PIXELS:
            painted = paint_in_strips(self.painter, self.code, pixels, self.threads, progress)
        else:
            painted = self.opened(self.request(*pixels.shape[:2]).infer([self.bordered(pixels)])[0])
        return np.array(painted[:height, :width], np.uint8)

    def bordered(self, pixels: Pixels) -> Pixels:
        """A picture as a request takes it: folded as the painter folds, borders reflected."""
        reach = border(self.painter)
        places = folded(pixels, self.painter.fold)
        wide = cv2.copyMakeBorder(places, reach, reach, reach, reach, cv2.BORDER_REFLECT_101)
        return np.asarray(wide, np.uint8)[None]

    def opened(self, painted: Pixels) -> Pixels:
        """What a request made, as a picture (h, w, 3)."""
        return unfolded(painted[0], self.painter.fold)

    def request(self, height: int, width: int, quick: bool = False) -> Any:
        """A request of the graph for pictures of a size, multiples of 4; a new one each time."""
        key = (height, width, quick)
        with self._lock:
            compiled = self._ready.get(key)
            if compiled is None:
                compiled = compile_graph(whole(self.painter, self.code, height, width, quick), self.threads)
                self._ready[key] = compiled
                while len(self._ready) > MOST_SIZES:
                    self._ready.popitem(last=False)
            self._ready.move_to_end(key)
        return compiled.create_infer_request()
