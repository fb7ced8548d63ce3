"""Two photos of two cameras: distance, and what stands in the way."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from veduta.server.models.base import Answer, Request, Text


class StereoAsk(Request):
    """What is known of the cameras, a rig or the numbers of a rectified pair, and how views are matched."""

    rig: dict[str, Any] | None = Field(
        default=None, description="what `veduta space calibrate` wrote: the pair is rectified by it"
    )
    focal: (
        Annotated[float, Field(gt=0, le=1e6, description="of rectified pairs: focal length in pixels")] | None
    ) = None
    baseline: (
        Annotated[float, Field(gt=0, le=1e6, description="of such: distance of the cameras in mm")] | None
    ) = None
    offset: Annotated[
        float,
        Field(ge=-1e5, le=1e5, description="of such: how far the right view's center lies to the right"),
    ] = 0.0
    disparities: Annotated[int, Field(ge=2, le=4096, description="search 0 to so many pixels")] | None = None
    method: Literal["census", "blocks"] = "census"

    @model_validator(mode="after")
    def one_way(self) -> Self:
        """Check that the cameras are told in one way, and wholly."""
        if self.rig is not None and (self.focal is not None or self.baseline is not None):
            raise ValueError("give rig, or focal and baseline")
        if (self.focal is None) != (self.baseline is None):
            raise ValueError("focal and baseline go together")
        return self


class DepthAsk(StereoAsk):
    """Which picture: millimeters (disparity times 256 without known cameras) in 16 bits, or colors for the eye."""

    show: Literal["depth", "colors"] = "depth"
    sure: bool = Field(default=False, description="leave out what only one view shows instead of guessing it")


class ObstaclesAsk(StereoAsk):
    """What is higher than `high` centimeters is avoided; lower things by their class, where it may be asked."""

    high: Annotated[float, Field(ge=0.5, le=100)] = 3.0
    classes: bool = Field(default=True, description="ask the recognizers what low things are")

    @model_validator(mode="after")
    def known(self) -> Self:
        """Check that lengths can be told."""
        if self.rig is None and self.focal is None:
            raise ValueError("needs known cameras: give rig, or focal and baseline")
        return self


class ObstacleOut(Answer):
    """A thing on the floor; angles to the right of straight ahead, `box` in pixels of the (rectified) left photo."""

    action: Literal["avoid", "clean"]
    reason: Text
    distance_m: float
    bearing_deg: float
    bearings_deg: tuple[float, float]
    width_m: float
    height_m: float
    height_error_m: float
    cut_off: bool = Field(description="whether it goes on outside of the picture")
    name: Text | None = Field(description="its class")
    score: float | None = Field(description="of the class")
    box: tuple[int, int, int, int]


class WayOut(Answer):
    """The floor before the cameras and what stands on it, nearest first."""

    camera_height_m: float
    camera_pitch_deg: float
    camera_roll_deg: float
    floor_share: float
    floor_noise_px: float
    obstacles: list[ObstacleOut]
