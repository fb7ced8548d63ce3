"""Messages hidden in photos."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from veduta.server.models.base import Answer, Request, Text

Password = Annotated[str, Field(min_length=1, max_length=1000)]
Mode = Literal["lossless", "robust"]


class MessageRoom(Answer):
    """Bytes of text that a photo holds."""

    lossless: int = Field(description="in the lowest bits: lost with any lossy copy")
    robust: int = Field(description="as a mark that outlives JPEG, resizing and cropping")


class MessageNew(Request):
    """A text to hide in a copy of a photo."""

    text: Annotated[str, Field(min_length=1, max_length=1_000_000)]
    mode: Mode = "lossless"
    password: Password | None = None
    fidelity: Annotated[float, Field(ge=30, le=50, description="of a robust message, in dB")] = 40.0


class RevealAsk(Request):
    """What opens a message."""

    password: Password | None = None


class MessageOut(Answer):
    """A message that was found: a text, or a file or picture by its name."""

    kind: Literal["text", "file", "picture"]
    mode: Mode
    bytes: int
    text: Text | None
    name: Text | None
    data: str | None = Field(description="what a file or picture holds, in base64")
