"""Lays out the empty package. Files that exist already are left as they are, so it may run any number of times."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

PYPROJECT = """\
[build-system]
requires = ["setuptools>=68"]
build-backend = "setuptools.build_meta"

[project]
name = "happy-llm-cli"
description = "One command line for several language model providers."
readme = "README.md"
requires-python = ">=3.10"
dependencies = []
dynamic = ["version"]

[project.scripts]
happy-llm = "happy_llm_cli.cli:main"

[tool.setuptools]
packages = ["happy_llm_cli", "happy_llm_cli.providers"]

[tool.setuptools.dynamic]
version = { attr = "happy_llm_cli.__version__" }

[tool.setuptools.package-data]
happy_llm_cli = ["py.typed"]
"""

PACKAGE = '''\
"""happy-llm-cli: one command line for several language model providers."""

__version__ = "0.1.0"
'''

MAIN = '''\
"""Lets `python3 -m happy_llm_cli` do what the command `happy-llm` does."""

import sys

from happy_llm_cli.cli import main

if __name__ == "__main__":
    sys.exit(main())
'''

FILES = {
    "pyproject.toml": PYPROJECT,
    "happy_llm_cli/__init__.py": PACKAGE,
    "happy_llm_cli/__main__.py": MAIN,
    "happy_llm_cli/py.typed": "",
    "happy_llm_cli/providers/__init__.py": '"""The adapters, one module a wire protocol."""\n',
    "tests/__init__.py": "",
}


def main() -> int:
    for name, text in FILES.items():
        path = ROOT / name
        if path.exists():
            print(f"kept     {name}")
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(f"created  {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
