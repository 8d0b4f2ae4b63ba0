"""Holds every registered provider to the contract, offline: what it is called, what it says without a key, what it hides."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from happy_llm_cli import registry  # noqa: E402
from happy_llm_cli.errors import ConfigurationError  # noqa: E402
from happy_llm_cli.models import ChatRequest, Message  # noqa: E402
from happy_llm_cli.providers.base import ProviderAdapter  # noqa: E402

EXPECTED = ["anthropic", "mock", "ollama", "openai"]
NEED_A_KEY = {"anthropic": "ANTHROPIC_API_KEY", "openai": "OPENAI_API_KEY"}


def provider_problems(name: str) -> list[str]:
    settings = registry.default_settings(name)
    adapter = registry.create_provider(settings)
    found = []
    if not isinstance(adapter, ProviderAdapter):
        found.append("is no ProviderAdapter")
    if adapter.name != name:
        found.append(f"calls itself {adapter.name!r}")
    if not settings.model:
        found.append("has no default model")
    try:
        adapter.check_ready()
        if name in NEED_A_KEY:
            found.append("claims to be ready without a key")
    except ConfigurationError as error:
        if name not in NEED_A_KEY:
            found.append(f"asks for configuration although it needs none: {error}")
        elif NEED_A_KEY[name] not in str(error):
            found.append(f"does not name {NEED_A_KEY[name]} in: {error}")
    return [f"{name} {problem}" for problem in found]


def mock_problems() -> list[str]:
    adapter = registry.create_provider(registry.default_settings("mock"))
    request = ChatRequest(model="mock-echo", messages=(Message("user", "one two three"),))
    whole = adapter.complete(request).text
    streamed = "".join(chunk.text for chunk in adapter.stream(request))
    return [] if whole == streamed else [f"mock answers {whole!r} whole but {streamed!r} streamed"]


def unknown_problems() -> list[str]:
    try:
        registry.default_settings("opanai")
    except ConfigurationError as error:
        return [] if "did you mean openai" in str(error) else [f"an unknown name is refused without a suggestion: {error}"]
    return ["an unknown provider name is accepted"]


def main() -> int:
    names = registry.provider_names()
    found = [] if names == EXPECTED else [f"registered are {names}, wanted {EXPECTED}"]
    for name in names:
        found += provider_problems(name)
    found += mock_problems() + unknown_problems()
    for problem in found:
        print(f"PROBLEM  {problem}", file=sys.stderr)
    if not found:
        print(f"{len(names)} providers keep the contract: {', '.join(names)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
