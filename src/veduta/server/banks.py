"""Banks of landmark photos as the interface shows them: references are chosen, dropped photos put back.

A bank is named by its folder. Its index is opened for each request, in the thread that answers it.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from veduta.errors import NotFound, UnreadableImage
from veduta.landmarks import references, review
from veduta.landmarks.bank import Bank, BankPhoto
from veduta.server import pictures
from veduta.server.context import Context
from veduta.server.folders import whole_path
from veduta.server.models.bank import (
    BankLandmark,
    BankLandmarkDetail,
    BankLandmarkPage,
    BankOut,
    BankPhotoOut,
    BankPhotoPage,
    CleaningOut,
    PutBack,
    ReferencesGiven,
)
from veduta.server.tags import unchanged

_TOTALS = """
SELECT (SELECT count(*) FROM landmarks), count(*), coalesce(sum(state = 'kept'), 0),
  coalesce(sum(state = 'dropped'), 0), coalesce(sum(state = 'pending'), 0), count(score) > 0
FROM photos WHERE landmark != ''
"""


def _open(folder: str) -> Bank:
    return Bank.open(whole_path(folder))


def overview(folder: str) -> BankOut:
    """Return what a bank holds; raises BankError where there is none."""
    with _open(folder) as bank:
        landmarks, photos, kept, dropped, pending, judged = next(bank.rows(_TOTALS))
        return BankOut(
            folder=str(bank.folder), landmarks=landmarks, photos=photos, kept=kept, dropped=dropped,
            pending=pending, judged=bool(judged),
        )  # fmt: skip


def landmarks(folder: str, name: str, limit: int, offset: int) -> BankLandmarkPage:
    """Return some landmarks, first those that need a look."""
    with _open(folder) as bank:
        found = review.standings(bank, name)
    return BankLandmarkPage(
        landmarks=[BankLandmark.model_validate(one) for one in found[offset : offset + limit]],
        total=len(found),
        needing=sum(bool(one.remarks) for one in found),
    )


def landmark(folder: str, label: str) -> BankLandmarkDetail:
    """Return one landmark with its references; raises NotFound."""
    with _open(folder) as bank:
        return _detail(bank, label)


def _detail(bank: Bank, label: str) -> BankLandmarkDetail:
    if bank.one("SELECT 1 FROM landmarks WHERE id = ?", (label,)) is None:
        raise NotFound(f"{bank.folder}: holds no landmark {label!r}")
    chosen = list(bank.chosen("landmark = ? AND reference ORDER BY score DESC, path", (label,)))
    return BankLandmarkDetail(
        **BankLandmark.model_validate(standing := review.standing(bank, label)).model_dump(),
        given=[photo.id for photo in chosen if photo.judge == "person"],
        suggestion=[photo.id for photo in chosen if photo.judge != "person"],
        advice=review.advice(standing.references),
    )


def photos(folder: str, label: str, side: review.Side, limit: int, offset: int) -> BankPhotoPage:
    """Return some photos of a landmark, kept or dropped; raises NotFound."""
    with _open(folder) as bank:
        shown = _detail(bank, label)
        found = [_photo(bank, photo) for photo in review.photos_of(bank, label, side, limit, offset)]
    return BankPhotoPage(photos=found, total=shown.kept if side == "kept" else shown.dropped)


def _photo(bank: Bank, photo: BankPhoto) -> BankPhotoOut:
    address = f"/api/bank/photos/{photo.id}/picture"
    query = urlencode({"folder": str(bank.folder), "v": (photo.hash or "")[:12]}, errors="surrogateescape")
    return BankPhotoOut(
        id=photo.id, name=photo.path.name, path=str(photo.path), state=photo.state, judge=photo.judge,
        why="" if photo.reference and photo.state == "kept" else photo.why, score=photo.score,
        width=photo.width, height=photo.height,
        thumb=f"{address}/320?{query}" if photo.hash else None,
        preview=f"{address}/1440?{query}" if photo.hash else None,
    )  # fmt: skip


def picture(request: Request, folder: str, photo_id: int, side: int) -> Response:
    """Answer with a WebP of a photo that is in the bank; of nothing else on the machine."""
    from veduta.image.decode import read
    from veduta.image.thumbnails import encode

    with _open(folder) as bank:
        photo = _found(bank, [photo_id])[0]
    if photo.hash is None:
        raise UnreadableImage(photo.path, photo.why or "was not read yet")
    named = request.query_params.get("v") == photo.hash[:12]
    kept = pictures.FOREVER if named else pictures.ASK_AGAIN
    headers = {"ETag": f'"{photo.hash[:32]}-{side}"', "Cache-Control": kept}
    if unchanged(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    with pictures.decoding:
        data = encode(read(photo.path, side), pictures.QUALITY)
    return Response(data, headers=headers, media_type="image/webp")


def _found(bank: Bank, ids: list[int]) -> list[BankPhoto]:
    found = [next(bank.chosen("id = ?", (number,)), None) for number in ids]
    for number, photo in zip(ids, found, strict=True):
        if photo is None:
            raise NotFound(f"{bank.folder}: holds no photo {number}")
    return [photo for photo in found if photo is not None]


def give(given: ReferencesGiven) -> BankLandmarkDetail:
    """Take photos as the references of a landmark, in place of those given before; raises NotFound, BankError."""
    with _open(given.folder) as bank:
        _detail(bank, given.landmark)
        chosen = _found(bank, given.photos)
        for photo in chosen:
            if photo.landmark != given.landmark:
                raise NotFound(f"{photo.path}: is no photo of {given.landmark}")
        if chosen:
            references.give(bank, chosen)
        else:
            references.take_back(bank, given.landmark)
        return _detail(bank, given.landmark)


def put_back(wanted: PutBack) -> int:
    """Keep dropped photos for good; returns how many were dropped. Raises NotFound, BankError."""
    with _open(wanted.folder) as bank:
        return references.put_back(bank, _found(bank, wanted.photos))


def clean(here: Context, folder: str) -> CleaningOut:
    """Begin to clean a bank in the background; raises BankError where there is none, Refused while one is."""
    with _open(folder) as bank:
        here.cleaner.start(Path(bank.folder))
    return here.cleaner.state()
