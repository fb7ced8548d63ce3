"""The guard before every route: one function decides who gets in; all answers carry safety headers."""

from __future__ import annotations

import ipaddress
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from veduta.errors import VedutaError
from veduta.server import problem
from veduta.server.context import Context
from veduta.server.problem import Refused
from veduta.server.sessions import COOKIE

CSRF_HEADER = "x-veduta"
SAFE_METHODS = frozenset({"GET", "HEAD"})
LARGEST_BODY = 4_000_000
LARGEST_PICTURE = 64_000_000
PICTURE_PATH = "/api/search/picture"

# The web app itself holds nothing of the library, and a browser needs it to ask for the password.
OPEN_PATHS = frozenset({"/api/session"})

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; "
    "media-src 'self' blob:; font-src 'self'; connect-src 'self'; worker-src 'self' blob:; "
    "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address or name `host`."""
    name = host.strip("[]").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def authorize(context: Context, request: Request) -> None:
    """Let `request` through, or raise Refused saying why; the only place where that is decided.

    Without a password: only for this machine, and only under a name of this machine, so that a hostile site
    cannot point its own name here (DNS rebinding). Requests that other sites make a browser send are refused
    by what the browser says of them, and those that change something must bear a header that other sites
    cannot set. With a password: everything of the library needs a session.
    """
    headers, path = request.headers, request.scope["path"]
    sessions = context.sessions
    host = headers.get("host", "")
    if not sessions.required:
        if not is_loopback(context.host):
            raise Refused(503, "this library has no access password: set one with `veduta up --host ADDRESS`")
        if not is_loopback(_name(host)):
            raise Refused(403, f"this library is served to this machine only, not under the name {host!r}")
    if not _within(path):
        if request.method not in SAFE_METHODS:
            raise Refused(405, "only reading is possible here")
        return
    if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        raise Refused(403, "refused: this request comes from another site")
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
        raise Refused(403, "refused: this request comes from another site")
    if request.method not in SAFE_METHODS and CSRF_HEADER not in headers:
        raise Refused(403, "requests that change something need the header `X-Veduta: 1`")
    if path not in OPEN_PATHS and not sessions.admits(request.cookies.get(COOKIE)):
        raise Refused(401, "log in first: this library has an access password")


def _within(path: str) -> bool:
    """Whether a path belongs to the library rather than to the web app's own files."""
    return path == "/api" or path.startswith("/api/")


def _name(host: str) -> str:
    """The name in a Host header, without the port."""
    if host.startswith("["):
        return host.partition("]")[0]
    return host.rpartition(":")[0] if host.count(":") == 1 else host


class Guard:
    """Middleware that asks `authorize` before anything else, limits bodies, and adds the safety headers."""

    def __init__(self, app: ASGIApp, context: Context) -> None:
        self.app = app
        self.context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return

        head, changing = scope["method"] == "HEAD", scope["method"] not in SAFE_METHODS

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                if changing:
                    self.context.memory.forget()
                headers = MutableHeaders(raw=message["headers"])
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                message = {**message, "headers": headers.raw}
            elif head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        if head:  # answered like GET, without the body
            scope = {**scope, "method": "GET"}
        request = Request(scope, receive)
        try:
            # The first request opens the catalog, which reads from disk; later ones only look at memory.
            if "sessions" not in self.context.__dict__:
                await run_in_threadpool(lambda: self.context.sessions)
            authorize(self.context, request)
            limit = LARGEST_PICTURE if scope["path"] == PICTURE_PATH else LARGEST_BODY
            _check_length(request, limit)
            await self.app(scope, _Limited(receive, limit), guarded)
        except VedutaError as error:
            await problem.of_error(error)(scope, receive, guarded)


def _check_length(request: Request, limit: int) -> None:
    length = request.headers.get("content-length", "0")
    if not length.isdecimal():
        raise Refused(422, "wrong input: Content-Length is no number")
    if int(length) > limit:
        raise Refused(413, f"too large: at most {limit // 1_000_000} MB")


class _Limited:
    """A receiver that stops at `limit` bytes, whatever the Content-Length said."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self.receive, self.left, self.limit = receive, limit, limit

    async def __call__(self) -> MutableMapping[str, Any]:
        message = await self.receive()
        self.left -= len(message.get("body", b""))
        if self.left < 0:
            # Not one of our errors: on its way out it passes through what reads the body.
            raise HTTPException(413, f"too large: at most {self.limit // 1_000_000} MB")
        return message
