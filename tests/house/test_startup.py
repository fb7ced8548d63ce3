"""The command line answers at once and loads nothing heavy before it is needed."""

from __future__ import annotations

import subprocess
import sys

HEAVY = (
    "openvino",
    "torch",
    "fastapi",
    "uvicorn",
    "sqlalchemy",
    "cv2",
    "numpy",
    "faiss",
    "sklearn",
    "scipy",
    "PIL",
)


def loaded_after(code: str) -> set[str]:
    """Names of the top-level packages that a fresh interpreter has loaded after `code`."""
    probe = f"{code}\nimport sys; print('LOADED', *sorted({{m.split('.')[0] for m in sys.modules}}))"
    run = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    return set(run.stdout.splitlines()[-1].split()[1:])


def test_import_loads_nothing_heavy() -> None:
    assert not loaded_after("import veduta") & set(HEAVY)


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['veduta', '--help']\n"
        "from veduta.cli.app import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass"
    )
    assert not loaded_after(code) & set(HEAVY)


def test_every_command_loads_and_explains_itself() -> None:
    from typer.testing import CliRunner

    from veduta.cli.app import LAZY, app

    for name in LAZY:
        result = CliRunner().invoke(app, [name, "--help"])
        assert result.exit_code == 0, f"veduta {name} --help: {result.output}"
        assert "Usage" in result.output


def test_wrong_usage_exits_with_2() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "veduta", "no-such-command"], capture_output=True, check=False
    )
    assert run.returncode == 2
