"""Tables of the search, and of faces that are to stay forgotten."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_PHOTO = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "terms",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("word", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terms")),
        sa.UniqueConstraint("field", "word", name=op.f("uq_terms_field_word")),
    )
    op.create_table(
        "documents",
        sa.Column("photo_id", _PHOTO, autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.Column("terms", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["photo_id"], ["photos.id"], name=op.f("fk_documents_photo_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("photo_id", name=op.f("pk_documents")),
    )
    op.create_index(op.f("ix_documents_seq"), "documents", ["seq"], unique=False)
    op.create_table(
        "person_sums",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("space", sa.String(), nullable=False),
        sa.Column("faces", sa.Integer(), nullable=False),
        sa.Column("vectors", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_person_sums_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", "space", name=op.f("pk_person_sums")),
    )
    op.create_table(
        "forgotten_faces",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("photo_id", _PHOTO, nullable=False),
        sa.Column("x", sa.Double(), nullable=False),
        sa.Column("y", sa.Double(), nullable=False),
        sa.Column("w", sa.Double(), nullable=False),
        sa.Column("h", sa.Double(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["photo_id"], ["photos.id"], name=op.f("fk_forgotten_faces_photo_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forgotten_faces")),
    )
    op.create_index(op.f("ix_forgotten_faces_photo_id"), "forgotten_faces", ["photo_id"], unique=False)


def downgrade() -> None:
    """Undo."""
    op.drop_table("forgotten_faces")
    op.drop_table("person_sums")
    op.drop_table("documents")
    op.drop_table("terms")
