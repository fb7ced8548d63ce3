"""The tables of retouching: versions of photos, and masks kept for them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from veduta.library.schema import Base, BigKey, now


class VersionRow(Base):
    """A photo as the user edited it: what is done to it, in order; the picture itself is made from that."""

    __tablename__ = "versions"

    id: Mapped[int] = mapped_column(primary_key=True)
    photo_id: Mapped[int] = mapped_column(BigKey, ForeignKey("photos.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    edits: Mapped[dict[str, Any]] = mapped_column(JSON)
    base: Mapped[str | None]  # the file that is edited, in the folder of versions; None: the photo itself
    stacked: Mapped[list[int]] = mapped_column(JSON, default=list)  # the photos that the base was made of
    width: Mapped[int]
    height: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now)


class MaskRow(Base):
    """A region of a photo that the user wants to keep at hand."""

    __tablename__ = "masks"

    id: Mapped[int] = mapped_column(primary_key=True)
    photo_id: Mapped[int] = mapped_column(BigKey, ForeignKey("photos.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    runs: Mapped[dict[str, Any]] = mapped_column(JSON)  # COCO run-length encoding, of the photo's shape
    created_at: Mapped[datetime] = mapped_column(default=now)
