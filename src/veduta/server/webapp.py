"""The built web app: its files, and its first page for every path that is a page of the app."""

from __future__ import annotations

import mimetypes
from functools import lru_cache
from pathlib import Path

from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse, Response

from veduta.errors import NotFound
from veduta.server.tags import unchanged

STATIC = Path(__file__).with_name("static")
NOT_BUILT = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Veduta</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem}</style>
<h1>The web app is not built</h1>
<p>The library itself is being served: <a href="/api/status">/api/status</a>. To see it here, build
the app once, then load this page again:</p>
<pre>make web</pre>
<p>or, from an installed copy without its web app, install Veduta again: <code>pip install .</code></p>
</html>
"""


@lru_cache(maxsize=2)
def _files(folder: Path, built_ns: int) -> dict[str, Path]:
    """All files of the app by their URL path; read again when the app is built again."""
    return {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}


def files() -> dict[str, Path]:
    """Return the files of the built app by URL path; none when it was not built."""
    index = STATIC / "index.html"
    return _files(STATIC, index.stat().st_mtime_ns) if index.is_file() else {}


def install(app: FastAPI) -> None:
    """Serve the web app at all paths that are not the API's."""

    @app.api_route("/api", include_in_schema=False)
    @app.api_route("/api/{path:path}", include_in_schema=False)
    def no_such_route(path: str = "") -> Response:
        raise NotFound(f"there is no /api/{path}")

    @app.api_route("/{path:path}", methods=["GET", "HEAD"], include_in_schema=False)
    def page(request: Request, path: str) -> Response:
        found = files()
        if not found:
            return HTMLResponse(NOT_BUILT, headers={"Cache-Control": "no-cache"})
        if path not in found and path.startswith("assets/"):
            raise NotFound(f"there is no /{path}")
        return _send(request, path if path in found else "index.html", found)


def _send(request: Request, name: str, found: dict[str, Path]) -> Response:
    file = found[name]
    facts = file.stat()
    # Names under assets/ contain a hash of the content.
    forever = name.startswith("assets/")
    headers = {
        "ETag": f'"{facts.st_mtime_ns:x}-{facts.st_size:x}"',
        "Cache-Control": "public, max-age=31536000, immutable" if forever else "no-cache",
    }
    if unchanged(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    kind = _KINDS.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return Response(file.read_bytes(), headers=headers, media_type=kind)


# What the system knows of types differs between machines; a wrong one for scripts makes an empty page.
_KINDS = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".html": "text/html",
    ".json": "application/json",
    ".geojson": "application/geo+json",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
    ".pbf": "application/x-protobuf",
    ".wasm": "application/wasm",
}
