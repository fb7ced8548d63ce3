"""Pictures of what spoke for a finding, painted when asked for."""

from __future__ import annotations

from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from veduta.errors import ModelUnavailable, NotFound
from veduta.library.catalog import Catalog
from veduta.library.schema import FindingRow, PhotoRow
from veduta.server import pictures
from veduta.server.problem import Refused
from veduta.server.tags import unchanged


def activation(catalog: Catalog, request: Request, photo_id: int, finding_id: int) -> Response:
    """Answer with colors to lay over a photo, RGBA as PNG; raises NotFound."""
    from veduta.library.explanation import Unexplained, explain, png  # networks: not before somebody asks

    with catalog.session() as session:
        row = session.execute(
            select(PhotoRow.hash, FindingRow.version)
            .join(FindingRow, FindingRow.photo_id == PhotoRow.id)
            .where(PhotoRow.id == photo_id, FindingRow.id == finding_id)
        ).first()
    if row is None:
        raise NotFound(f"photo {photo_id} has no finding {finding_id}")
    headers = {
        "ETag": f'"{row.hash[:24]}-{finding_id:x}-{row.version}"',
        "Cache-Control": pictures.ASK_AGAIN,
    }
    if unchanged(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    try:
        with pictures.decoding:
            painted = png(explain(catalog, photo_id, finding_id).overlay())
    except Unexplained as error:
        raise Refused(422, str(error)) from error
    except ModelUnavailable as error:
        raise Refused(503, str(error)) from error
    return Response(painted, headers=headers, media_type="image/png")
