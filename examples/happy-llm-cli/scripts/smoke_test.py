"""Runs the program as its users do, one process a case, and compares exit code, stdout and stderr.

The cases come from tests/smoke_cases.json. Every process gets an environment of its own: no keys, an empty home
folder and an empty configuration file, so that nothing of this machine decides the result and nothing leaves it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "tests" / "smoke_cases.json"
SECONDS = 20


def environment(home: str) -> dict[str, str]:
    config = Path(home) / "config.ini"
    config.write_text("", encoding="utf-8")
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": home,
        "HAPPY_LLM_CONFIG": str(config),
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONIOENCODING": "utf-8",
    }


def problems(case: dict, env: dict[str, str]) -> list[str]:
    try:
        done = subprocess.run(
            [sys.executable, "-m", "happy_llm_cli", *case["args"]],
            input=case.get("stdin", ""),
            env={**env, **case.get("env", {})},
            cwd=env["HOME"],
            capture_output=True,
            encoding="utf-8",
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        return [f"did not end within {SECONDS} seconds"]
    found = []
    if done.returncode != case["exit_code"]:
        found.append(f"exit code {done.returncode}, wanted {case['exit_code']}")
    for stream, text in (("stdout", done.stdout), ("stderr", done.stderr)):
        found += [f"{stream} lacks {part!r}: {text!r}" for part in case.get(f"{stream}_contains", []) if part not in text]
    if "Traceback" in done.stderr:
        found.append(f"a traceback on stderr: {done.stderr!r}")
    if done.returncode != 0 and done.stdout:
        found.append(f"a failure wrote to stdout: {done.stdout!r}")
    return found


def main() -> int:
    cases = json.loads(CASES.read_text(encoding="utf-8"))
    failed = 0
    with tempfile.TemporaryDirectory() as home:
        env = environment(home)
        for case in cases:
            found = problems(case, env)
            failed += bool(found)
            print(f"{'FAILED' if found else 'ok':<7} {case['name']}")
            for problem in found:
                print(f"        {problem}")
    print(f"{len(cases) - failed} of {len(cases)} cases passed")
    return 1 if failed or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
