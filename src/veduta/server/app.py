"""The web application: the API, the built web app, and the guard before both."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from veduta import __version__
from veduta.progress import Progress
from veduta.server import problem, webapp
from veduta.server.context import Context
from veduta.server.guard import Guard
from veduta.server.models.base import Problem
from veduta.server.routes import api


def create_app(
    library_directory: Path | None = None,
    *,
    host: str = "127.0.0.1",
    password_hash: str | None = None,
    background: bool = True,
    progress: Progress | None = None,
) -> FastAPI:
    """Return the application that serves a library.

    `host` is the address it will be bound to: any but a loopback address demands an access password, given as
    its argon2id hash or kept in the library before; else requests are answered 503. `background` False starts
    no work at the start (requests still can). `progress` is told of the background work, too.
    """
    context = Context(library_directory, host, password_hash, progress)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if background:
            context.worker.resume()
        yield
        context.close()

    app = FastAPI(
        title="Veduta",
        version=__version__,
        summary="A photo library that sees.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        generate_unique_id_function=_operation,
        separate_input_output_schemas=False,
    )
    app.state.context = context
    problem.install(app)
    app.include_router(api())
    webapp.install(app)
    app.add_middleware(Guard, context=context)
    plain = app.openapi

    def described() -> dict[str, Any]:
        schema = plain()
        schema["components"]["schemas"].setdefault("Problem", Problem.model_json_schema())
        return schema

    app.openapi = described  # type: ignore[method-assign]
    return app


def _operation(route: APIRoute) -> str:
    return route.name
