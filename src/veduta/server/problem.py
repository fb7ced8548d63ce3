"""Errors as problem JSON (RFC 9457), with the text that Veduta's errors carry for the user."""

from __future__ import annotations

import http
import logging
from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from veduta.errors import BadFolder, BadInput, CatalogError, NotFound, VedutaError
from veduta.learn.annotations import InUse
from veduta.server.sessions import TooManyAttempts, WrongPassword
from veduta.server.wire import readable

log = logging.getLogger("veduta.server")


class Refused(VedutaError):
    """A request that is not let in; `status` is the HTTP status."""

    def __init__(self, status: int, detail: str) -> None:
        self.status = status
        super().__init__(detail)


STATUS: dict[type[VedutaError], int] = {
    NotFound: 404,
    WrongPassword: 401,
    TooManyAttempts: 429,
    BadInput: 422,
    BadFolder: 409,
    InUse: 409,
    CatalogError: 503,
}


def answer(
    status: int, detail: str, errors: list[str] | None = None, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Return a problem as a response."""
    body = {
        "type": "about:blank",
        "title": http.HTTPStatus(status).phrase,
        "status": status,
        "detail": readable(detail),
        "errors": [readable(e) for e in errors or []],
    }
    return JSONResponse(
        body, status, {"Cache-Control": "no-store", **(headers or {})}, "application/problem+json"
    )


def of_error(error: VedutaError) -> JSONResponse:
    """Return the problem that tells a Veduta error."""
    if isinstance(error, Refused):
        return answer(error.status, str(error))
    status = next((STATUS[c] for c in type(error).__mro__ if c in STATUS), 409)
    headers = {"Retry-After": str(error.wait)} if isinstance(error, TooManyAttempts) else None
    return answer(status, str(error), headers=headers)


def install(app: FastAPI) -> None:
    """Answer all errors of `app` as problems."""

    @app.exception_handler(VedutaError)
    def ours(request: Request, error: VedutaError) -> JSONResponse:
        return of_error(error)

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        wrong = [f"{'.'.join(str(p) for p in e['loc'])}: {e['msg']}" for e in error.errors()]
        return answer(422, "wrong input: " + "; ".join(wrong[:3]), wrong)

    @app.exception_handler(HTTPException)
    def plain(request: Request, error: HTTPException) -> JSONResponse:
        return answer(error.status_code, str(error.detail), headers=error.headers)

    @app.exception_handler(Exception)
    def unforeseen(request: Request, error: Exception) -> JSONResponse:
        log.error("unforeseen error", exc_info=error)
        return answer(500, f"something unforeseen went wrong ({type(error).__name__}); the log tells more")
