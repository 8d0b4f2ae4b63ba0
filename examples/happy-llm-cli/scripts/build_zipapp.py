"""Packs the package into dist/happy-llm.pyz, one file that any Python 3.10 or newer can run, and starts it once."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipapp
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "dist" / "happy-llm.pyz"
ENTRY = "import sys\n\nfrom happy_llm_cli.cli import main\n\nsys.exit(main())\n"


def build(folder: Path) -> Path:
    stage = folder / "stage"
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
    shutil.copytree(ROOT / "happy_llm_cli", stage / "happy_llm_cli", ignore=ignored)
    (stage / "__main__.py").write_text(ENTRY, encoding="utf-8")
    archive = folder / TARGET.name
    zipapp.create_archive(stage, archive, interpreter="/usr/bin/env python3", compressed=True)
    return archive


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        archive = build(Path(name))
        # -I: isolated, so that the copy in this folder cannot stand in for what the archive lacks.
        done = subprocess.run([sys.executable, "-I", str(archive), "--version"], capture_output=True, text=True, cwd=name)
        if done.returncode != 0 or not done.stdout.startswith("happy-llm "):
            print(f"the archive does not start:\n{done.stdout}{done.stderr}", file=sys.stderr)
            return 1
        TARGET.parent.mkdir(exist_ok=True)
        shutil.copy2(archive, TARGET)
    print(f"{done.stdout.strip()} is in {TARGET.relative_to(ROOT)}, {TARGET.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
