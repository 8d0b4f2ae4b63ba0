"""Says whether this machine can work through the runbook: Python, the modules it needs, git, a writable folder."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 10)
MODULES = ("configparser", "http.server", "ssl", "unittest", "zipapp")


def python_problem() -> str | None:
    if sys.version_info[:2] >= OLDEST:
        return None
    found = ".".join(str(part) for part in sys.version_info[:3])
    wanted = ".".join(str(part) for part in OLDEST)
    return f"python3 is {found}, needed is {wanted} or newer: install it and put it first in PATH"


def module_problem() -> str | None:
    missing = [name for name in MODULES if importlib.util.find_spec(name) is None]
    if not missing:
        return None
    return f"this Python lacks {', '.join(missing)}: install the full package, not the minimal one"


def git_problem() -> str | None:
    if shutil.which("git") is None:
        return "git is not in PATH: install it; the release at the end is a git tag"
    done = subprocess.run(["git", "--version"], capture_output=True, text=True)
    return None if done.returncode == 0 else f"git does not start: {done.stderr.strip()}"


def folder_problem() -> str | None:
    try:
        with tempfile.TemporaryFile(dir=ROOT):
            return None
    except OSError as error:
        return f"{ROOT} is not writable ({error.strerror}): copy the example to a folder of your own"


def main() -> int:
    checks = {
        "python": python_problem,
        "standard modules": module_problem,
        "git": git_problem,
        "project folder": folder_problem,
    }
    failed = 0
    for name, check in checks.items():
        problem = check()
        failed += problem is not None
        print(f"{'ok' if problem is None else 'PROBLEM':<8} {name}{'' if problem is None else ': ' + problem}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
