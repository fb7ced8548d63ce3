"""A complete recognizer: finds QR codes and reads them, so that a photo of a ticket can be found by its text."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from veduta.image.photo import Photo
from veduta.see.finding import Finding

# Codes are found at this size; larger pictures only cost time.
SIDE = 1600


class QrCodeRecognizer:
    """Each code becomes a finding of kind "text", with its corners and what it says."""

    name = "qr-codes"
    # Change it whenever the findings would change: the library then shows all photos again, to this recognizer only.
    version = "1"

    def __init__(self) -> None:
        # Opened once for many photos: the place to load a network.
        self._detector = cv2.QRCodeDetector()

    def see(self, photos: Sequence[Photo]) -> list[list[Finding]]:
        """One list of findings for each photo, in order."""
        return [self._read(photo) for photo in photos]

    def _read(self, photo: Photo) -> list[Finding]:
        pixels = photo.at_side(SIDE)  # upright sRGB, shared by all recognizers: never write into it
        found, texts, corners, _ = self._detector.detectAndDecodeMulti(
            cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
        )
        if not found:
            return []
        # Findings are in pixels of the full-size photo, whatever size was looked at.
        scale = np.array([photo.width / pixels.shape[1], photo.height / pixels.shape[0]])
        return [
            self._finding(text, points * scale) for text, points in zip(texts, corners, strict=True) if text
        ]

    def _finding(self, text: str, corners: np.ndarray) -> Finding:
        (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
        return Finding(
            kind="text",
            name="qr code",
            score=1.0,  # a code that could be decoded has passed its own error correction
            recognizer=self.name,
            version=self.version,
            box=(float(left), float(top), float(right - left), float(bottom - top)),
            polygon=tuple((float(x), float(y)) for x, y in corners),
            text=text,
        )
