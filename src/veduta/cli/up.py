"""`veduta up`: the library in the browser."""

from __future__ import annotations

import errno
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from veduta.cli.add import LibraryOption
from veduta.cli.output import Bar, say
from veduta.errors import NotFound, VedutaError

if TYPE_CHECKING:
    from fastapi import FastAPI

    from veduta.library.catalog import Catalog
    from veduta.server.context import Context


class CannotServe(VedutaError):
    """The address is taken or does not exist."""


def up(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[DIR...]", help="Folders of photos to add; kept for next time."),
    ] = None,
    library: LibraryOption = None,
    host: Annotated[
        str, typer.Option("--host", help="Address to serve at; any but this machine's own needs a password.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0: any free one.")] = 8484,
    password_file: Annotated[
        Path | None,
        typer.Option(
            "--password-file",
            envvar="VEDUTA_PASSWORD_FILE",
            help="File whose first line is the access password; kept (as argon2id) for next time.",
        ),
    ] = None,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="Take the access password away; for this machine only.")
    ] = False,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open the browser.")] = False,
    no_pull: Annotated[bool, typer.Option("--no-pull", help="Do not get missing networks.")] = False,
    demo: Annotated[
        bool, typer.Option("--demo", help="Add photographs that installed packages ship.")
    ] = False,
) -> None:
    """Add photos and serve the library in the browser, at http://127.0.0.1:8484.

    The library can be used at once; photos are added in the background. Ctrl-C stops; nothing is lost, and
    the next start goes on from there. Networks that are missing are got first, once; after that nothing
    touches a network.
    """
    given = [_folder(folder) for folder in folders or ()]
    if demo:
        from veduta.cli.demo import make_demo
        from veduta.settings import settings

        place = (settings().home / "demo-photos").expanduser().absolute()
        make_demo(place)
        given.append(place)
    listening = listen(host, port)
    from veduta.server.app import create_app

    app = create_app(library, host=host, progress=Bar(), background=False)
    here: Context = app.state.context
    _set_password(here.catalog, host, password_file, no_password)
    _register(here.catalog, given)
    serve(app, here, listening, host, browser=not no_browser, pull=not no_pull)


def _folder(folder: Path) -> Path:
    path = folder.expanduser().absolute()
    if not path.is_dir():
        raise NotFound(f"{folder}: there is no such folder")
    return path


def listen(host: str, port: int) -> socket.socket:
    """Take the address, so that a taken one is told at once; raises CannotServe."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise CannotServe(f"{host}: is no address of this machine ({error.strerror})") from error
    try:
        if sys.platform != "win32":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(128)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise CannotServe(
                f"port {port} is taken: is Veduta running already (see http://{host}:{port})? "
                "Choose another port with --port"
            ) from error
        raise CannotServe(f"{host}:{port}: cannot be served at ({error.strerror})") from error
    return listening


def _set_password(catalog: Catalog, host: str, file: Path | None, remove: bool) -> None:
    from veduta.server.guard import is_loopback
    from veduta.server.sessions import hash_password, matches, store_hash, stored_hash

    kept = stored_hash(catalog)
    if remove:
        if not is_loopback(host) or file is not None:
            raise typer.BadParameter("--no-password goes with no other address and no --password-file")
        store_hash(catalog, None)
        return
    if file is not None:
        try:
            password = file.expanduser().read_text(encoding="utf-8").split("\n", 1)[0].rstrip("\r")
        except (OSError, UnicodeDecodeError) as error:
            raise NotFound(f"{file}: the password cannot be read ({error})") from error
        if kept is None or not matches(kept, password):
            store_hash(catalog, hash_password(password))
        return
    if kept is not None or is_loopback(host):
        return
    if not sys.stdin.isatty():
        raise CannotServe(
            f"others could reach {host}, so an access password is needed: give it with --password-file FILE"
        )
    say(f"Others can reach the library at {host}: choose an access password (at least 8 characters).")
    store_hash(
        catalog, hash_password(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    )


def _register(catalog: Catalog, folders: list[Path]) -> None:
    """Enter folders into the library; their photos are read in the background."""
    from veduta.library.folders import register

    if not folders:
        return
    with catalog.write() as session:
        for folder in folders:
            register(session, folder)


def serve(
    app: FastAPI,
    here: Context,
    listening: socket.socket,
    host: str,
    browser: bool = False,
    pull: bool = False,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serve until Ctrl-C (or SIGTERM); `on_ready` is told the address as soon as it answers."""
    import uvicorn

    port = listening.getsockname()[1]
    shown = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host
    url = f"http://{f'[{shown}]' if ':' in shown else shown}:{port}/"

    class Server(uvicorn.Server):
        """Lets streams of events end first, so that stopping does not wait for browsers."""

        def handle_exit(self, sig: int, frame: object) -> None:
            here.worker.closing.set()
            super().handle_exit(sig, frame)  # type: ignore[arg-type]

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                threading.Thread(target=begin, name="veduta-begin", daemon=True).start()

    def begin() -> None:
        say(f"Veduta is at {url}  (Ctrl-C stops)")
        if on_ready is not None:
            on_ready(url)
        _begin_work(here, pull)
        if browser:
            import webbrowser

            webbrowser.open(url)

    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=3,
        ws="none",
    )
    try:
        Server(config).run(sockets=[listening])
    except KeyboardInterrupt:
        pass
    finally:
        listening.close()
    say("stopped; nothing is lost, and the next start goes on from here")


def _begin_work(here: Context, pull: bool) -> None:
    """Get missing networks, then look for new photos, telling the terminal how it went."""
    from veduta.library.lineup import lacking
    from veduta.nets.store import default_store

    missing = lacking()
    here.worker.on_done = lambda failure, last: _tell(here, failure, last)
    if missing and pull:
        size = default_store().download_bytes()
        say(f"getting networks for {', '.join(missing)}: {size / 1e6:.0f} MB, once")
        here.worker.pull()
    else:
        if missing:
            here.worker.tell_missing(sorted(missing))
        here.worker.scan()
    here.worker.rewatch()


def _tell(here: Context, failure: str | None, last: bool) -> None:
    if failure is not None:
        say(f"veduta: {failure}")
    if not last:
        return
    missing = here.worker.missing()
    if missing:
        say(f"not recognized until their networks are there (`veduta models pull`): {', '.join(missing)}")
    counts = here.worker.counts()
    pending = f", {counts.pending} still to do" if counts.pending else ""
    failed = f", {counts.failed} problems (see Activity)" if counts.failed else ""
    say(f"{counts.photos} photos{pending}{failed}")
