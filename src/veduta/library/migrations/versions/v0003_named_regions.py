"""Faces that files name, and who gave a person's name."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_PHOTO = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply."""
    op.add_column("persons", sa.Column("named_by", sa.String(), server_default="user", nullable=False))
    op.create_table(
        "named_regions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("photo_id", _PHOTO, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("x", sa.Double(), nullable=False),
        sa.Column("y", sa.Double(), nullable=False),
        sa.Column("w", sa.Double(), nullable=False),
        sa.Column("h", sa.Double(), nullable=False),
        sa.Column("seen", sa.Boolean(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_named_regions_person_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["photo_id"], ["photos.id"], name=op.f("fk_named_regions_photo_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_named_regions")),
    )
    op.create_index(op.f("ix_named_regions_person_id"), "named_regions", ["person_id"], unique=False)
    op.create_index(op.f("ix_named_regions_photo_id"), "named_regions", ["photo_id"], unique=False)


def downgrade() -> None:
    """Undo."""
    op.drop_table("named_regions")
    op.drop_column("persons", "named_by")
