"""Server-sent events: what the library is doing, told when it changes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import StreamingResponse

from veduta.server.worker import Worker

EVERY = 0.3
HEARTBEAT = 15.0


def stream(worker: Worker, request: Request) -> StreamingResponse:
    """Return a response that sends the worker's activity at once and then whenever it has changed."""
    return StreamingResponse(
        _events(worker, request),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _events(worker: Worker, request: Request) -> AsyncIterator[str]:
    last, sent = "", time.monotonic()
    yield "retry: 2000\n\n"
    while not worker.closing.is_set() and not await request.is_disconnected():
        # Counting photos reads the catalog: not on the thread that serves everybody.
        present = (await run_in_threadpool(worker.activity)).model_dump_json()
        if present != last:
            last, sent = present, time.monotonic()
            yield f"event: activity\ndata: {present}\n\n"
        elif time.monotonic() - sent > HEARTBEAT:
            sent = time.monotonic()
            yield ": still here\n\n"
        await asyncio.sleep(EVERY)
