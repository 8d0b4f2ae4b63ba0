"""Prints the draft of the final README: title, the written sections, and the program's own help as reference."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INTRODUCTION = """\
# happy-llm-cli

One command line for several language model providers: OpenAI, Anthropic, a local Ollama, and a mock that needs no
network. Python 3.10 or newer, standard library only.
"""


def read(name: str) -> str:
    text = (ROOT / name).read_text(encoding="utf-8").strip()
    if not text:
        raise SystemExit(f"{name} is empty")
    return text


def main() -> int:
    parts = [
        INTRODUCTION.strip(),
        read("outputs/readme_usage.md"),
        "## Command reference\n\n```text\n" + read("docs/cli_help.txt") + "\n```",
        read("outputs/readme_development.md"),
    ]
    print("\n\n".join(parts))
    return 0


if __name__ == "__main__":
    sys.exit(main())
