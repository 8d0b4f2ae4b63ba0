"""Imports the three core modules together and checks what every later module relies on."""

from __future__ import annotations

import dataclasses
import inspect
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from happy_llm_cli import errors, models  # noqa: E402
from happy_llm_cli.providers.base import ProviderAdapter  # noqa: E402

DATA_CLASSES = ("ChatRequest", "ChatResponse", "Message", "ProviderSettings", "StreamChunk", "TokenUsage")
ABSTRACT = {"check_ready", "complete", "list_models"}
PROVIDER_ERRORS = (
    "AuthenticationError",
    "InvalidResponseError",
    "ProviderUnavailableError",
    "RateLimitError",
    "RequestRejectedError",
)


def data_class_problems() -> list[str]:
    found = []
    for name in DATA_CLASSES:
        cls = getattr(models, name, None)
        if cls is None:
            found.append(f"models.{name} is missing")
        elif not dataclasses.is_dataclass(cls) or not cls.__dataclass_params__.frozen:
            found.append(f"models.{name} is not a frozen dataclass")
    return found


def secret_problems() -> list[str]:
    shown = repr(models.ProviderSettings(provider="openai", model="m", api_key="key-0123456789"))
    return ["repr(ProviderSettings) shows the API key"] if "key-0123456789" in shown else []


def adapter_problems() -> list[str]:
    found = []
    if not inspect.isabstract(ProviderAdapter):
        found.append("ProviderAdapter can be instantiated, it should be abstract")
    if ProviderAdapter.__abstractmethods__ != ABSTRACT:
        found.append(f"abstract methods are {sorted(ProviderAdapter.__abstractmethods__)}, wanted {sorted(ABSTRACT)}")
    if not inspect.isgeneratorfunction(ProviderAdapter.stream):
        found.append("ProviderAdapter.stream is not a generator")
    return found


def error_problems() -> list[str]:
    found = []
    for name in PROVIDER_ERRORS:
        if not issubclass(getattr(errors, name, Exception), errors.ProviderError):
            found.append(f"errors.{name} is missing or no ProviderError")
    if errors.HappyLlmError.exit_code != 1 or errors.ConfigurationError.exit_code != 2:
        found.append("exit codes differ from docs/cli_surface.md (1 for a provider failure, 2 for configuration)")
    return found


def main() -> int:
    found = data_class_problems() + secret_problems() + adapter_problems() + error_problems()
    for problem in found:
        print(f"PROBLEM  {problem}", file=sys.stderr)
    if not found:
        print("the core modules fit together")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
