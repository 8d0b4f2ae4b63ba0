"""Checks files without running them: they parse, and they import only the standard library and happy_llm_cli.

Usage: python3 scripts/check_imports.py FILE [FILE ...]
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ALLOWED = sys.stdlib_module_names | {"happy_llm_cli", "tests"}


def imported(tree: ast.AST) -> list[tuple[int, str]]:
    """Line and top-level package of every import; a relative import counts as the package itself."""
    found: list[tuple[int, str]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name.split(".")[0]) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.append((node.lineno, node.module.split(".")[0]))
    return found


def problems(name: str) -> list[str]:
    try:
        tree = ast.parse((ROOT / name).read_text(encoding="utf-8"), filename=name)
    except OSError as error:
        return [f"{name}: {error.strerror}"]
    except SyntaxError as error:
        return [f"{name}:{error.lineno}: {error.msg}"]
    return [
        f"{name}:{line}: imports {package}, which is not in the standard library"
        for line, package in imported(tree)
        if package not in ALLOWED
    ]


def main(names: list[str]) -> int:
    if not names:
        print(__doc__, file=sys.stderr)
        return 2
    found = [problem for name in names for problem in problems(name)]
    for problem in found:
        print(problem, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
