"""The recognizer of faces: where they are, and vectors that tell persons apart (see `face_identity` on
distances).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from veduta.image.photo import Photo, Pixels
from veduta.see.face_detector import Face, FaceDetector
from veduta.see.face_identity import FaceIdentity, align
from veduta.see.face_quality import face_quality
from veduta.see.finding import Finding

# Narrower faces, in pixels of the analyzed photo, carry no identity: their vectors would only mislead.
NARROWEST_WITH_IDENTITY = 16


class FaceRecognizer:
    """Faces with key points, quality and identity vectors.

    Each finding has kind and name "face", the face's box and, in `extra`: "landmarks" (left eye, right eye,
    nose, left and right corner of the mouth as seen in the picture, in pixels of the full photo) and
    "quality" (overall, size, sharpness and frontality, in [0, 1]). `vector` is None for faces narrower than
    16 analyzed pixels.
    """

    name = "faces"
    version = "1"

    def __init__(self, detector: FaceDetector | None = None, identity: FaceIdentity | None = None) -> None:
        self._detector = detector or FaceDetector()
        self._identity = identity or FaceIdentity()

    def see(self, photos: Sequence[Photo]) -> list[list[Finding]]:
        """The faces of each photo, most certain first."""
        findings: list[list[Finding]] = [[] for _ in photos]
        faces = [
            (index, face, align(photos[index].pixels, face.points))
            for index, found in enumerate(self._detector.detect(photos))
            for face in found
        ]
        worth = [chip for _, face, chip in faces if face.width >= NARROWEST_WITH_IDENTITY]
        vectors = iter(self._identity.vectors(worth))
        for index, face, chip in faces:
            vector = next(vectors) if face.width >= NARROWEST_WITH_IDENTITY else None
            findings[index].append(self._finding(photos[index], face, chip, vector))
        return findings

    def _finding(self, photo: Photo, face: Face, chip: Pixels, vector: NDArray[np.float32] | None) -> Finding:
        across = photo.width / photo.pixels.shape[1]
        down = photo.height / photo.pixels.shape[0]
        x, y, width, height = face.box
        quality = face_quality(face.width, face.points, chip)
        return Finding(
            kind="face",
            name="face",
            score=face.probability,
            recognizer=self.name,
            version=self.version,
            box=(x * across, y * down, width * across, height * down),
            vector=vector,
            extra={
                "landmarks": [
                    [round(float(a) * across, 1), round(float(b) * down, 1)] for a, b in face.points
                ],
                "quality": {
                    "overall": round(quality.overall, 3),
                    "size": round(quality.size, 3),
                    "sharpness": round(quality.sharpness, 3),
                    "frontality": round(quality.frontality, 3),
                },
            },
        )
