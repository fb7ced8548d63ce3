"""A picture sent to the library for a search: kept in a temporary file until the search is done."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request

from veduta.server.problem import Refused


@asynccontextmanager
async def received(request: Request) -> AsyncIterator[Path]:
    """Yield the path of the body of `request`, removed at the end; the guard limits its size."""
    with tempfile.TemporaryDirectory(prefix="veduta-") as folder:
        path = Path(folder) / "picture"
        length = 0
        with path.open("wb") as out:
            try:
                async for block in request.stream():
                    length += len(block)
                    await run_in_threadpool(out.write, block)
            except ClientDisconnect:
                raise Refused(422, "the picture did not arrive in full") from None
        if not length:
            raise Refused(422, "send the bytes of a picture as the body of the request")
        yield path
