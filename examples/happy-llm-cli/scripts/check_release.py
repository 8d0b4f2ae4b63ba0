"""Checks that the release was really made: a git repository of its own, and the tag of the package's version on HEAD."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from happy_llm_cli import __version__  # noqa: E402


def git(*args: str) -> str | None:
    done = subprocess.run(["git", *args], cwd=ROOT, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else None


def main() -> int:
    tag = f"v{__version__}"
    top = git("rev-parse", "--show-toplevel")
    if top is None or Path(top).resolve() != ROOT:
        problem = "this folder is not a git repository of its own: copy it out, then `git init`"
    elif git("rev-parse", "--quiet", "--verify", f"refs/tags/{tag}") is None:
        problem = f"there is no tag {tag}: commit, then `git tag -a {tag} -m \"happy-llm-cli {__version__}\"`"
    elif git("rev-parse", f"{tag}^{{commit}}") != git("rev-parse", "HEAD"):
        problem = f"tag {tag} is not on the current commit: raise __version__, or move the tag if it was never pushed"
    else:
        print(f"{tag} is on the current commit")
        return 0
    print(f"PROBLEM  {problem}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
