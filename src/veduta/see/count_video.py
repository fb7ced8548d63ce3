"""How many people a video shows over time, and how many cross a line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from veduta.image.frames import Frame, frames
from veduta.image.photo import Photo
from veduta.image.video import probe
from veduta.progress import Progress, Silent
from veduta.see.count import Count, Counter, Sight, smoothed
from veduta.see.count_region import Region
from veduta.see.cuts import Cuts
from veduta.see.flow import Crossing, Flow, Line
from veduta.see.movement import Movement
from veduta.see.track import Sighting, Tracker, colors

# Frames are looked at with this longer side: a camera over a street shows people large enough.
SIDE = 1280
# Seconds between two looks: to count, and to follow people from frame to frame.
APART = 1.0
APART_FOLLOWING = 0.12
# Followed are also those whom the detector is less sure of, once they are known.
LEAST_FOLLOWED = 0.2


@dataclass(frozen=True, slots=True)
class VideoCount:
    """What was counted in a video.

    `times` in seconds and `counts`, one for each look; `fullest` is the look with most people. `regions` holds
    the counts in each region by its name. `crossings` and `identities` (how many different people were
    followed) are there when a line was asked for.
    """

    times: tuple[float, ...]
    counts: tuple[Count, ...]
    regions: dict[str, tuple[Count, ...]]
    crossings: tuple[Crossing, ...] | None = None
    identities: int | None = None

    @property
    def fullest(self) -> Count:
        """The look with most people."""
        return max(self.counts, key=lambda one: one.count)


def count_video(
    path: Path | str,
    counter: Counter | None,
    regions: tuple[Region, ...] = (),
    line: str | None = None,
    every: float | None = None,
    progress: Progress | None = None,
) -> VideoCount:
    """Count in a video: every second, or often enough to follow people when there is a `line` "X1,Y1,X2,Y2".

    Without a counter, whatever moves before the camera, which stands still. Raises UnreadableImage, BadRegion.
    """
    progress = progress or Silent()
    movement = Movement() if counter is None else None
    often = line is not None or movement is not None
    apart = every if every is not None else APART_FOLLOWING if often else APART
    duration = probe(path).duration
    progress.begin(Path(path).name, round(duration / apart) if duration and apart else None)
    times: list[float] = []
    sights: list[Sight] = []
    tracker: Tracker | None = None
    flow: Flow | None = None
    cuts = Cuts()
    try:
        for frame in frames(path, apart, SIDE):
            if movement is not None:
                moving = movement.look(frame.pixels, frame.width, frame.height)
                sight = Sight(moving, [], frame.width, frame.height, moving=True)
            elif counter is not None:
                # Faces tell people apart who sit close; who walks over a line is followed by the body.
                (sight,) = counter.look([Photo(frame.pixels, frame.width, frame.height)], line is not None)
            if line is not None:
                if tracker is None or flow is None:
                    tracker = Tracker(frame.width, frame.height)
                    flow = Flow(Line.parse(line, frame.width, frame.height))
                if cuts.between(frame.pixels):
                    tracker.forget()
                flow.update(frame.time, tracker.update(frame.time, sightings(frame, sight)))
            times.append(frame.time)
            sights.append(sight)
            progress.advance()
    finally:
        progress.end()
    return VideoCount(
        tuple(times),
        tuple(smoothed([sight.count() for sight in sights])),
        {region.name: tuple(smoothed([sight.count(region) for sight in sights])) for region in regions},
        None if flow is None else tuple(flow.crossings),
        None if tracker is None else tracker.confirmed,
    )


def sightings(frame: Frame, sight: Sight) -> list[Sighting]:
    """The bodies of a frame as the tracker takes them."""
    scale = frame.pixels.shape[1] / frame.width
    return [
        Sighting(
            body.box,
            body.probability,
            colors(frame.pixels, tuple(value * scale for value in body.box)),
        )
        for body in sight.bodies
        if body.probability >= LEAST_FOLLOWED
    ]
