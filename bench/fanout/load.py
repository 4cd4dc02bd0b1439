"""The load client, as the driver holds it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.fanout.processes import CLIENT_CORE, Process

HERE = Path(__file__).resolve().parent
PROGRAM = HERE / "out" / "load"

Commit = tuple[int, int, int]  # first and last number, and when: nanoseconds of the monotonic clock


class Load:
    """Subscribers of one server, checked frame by frame. Ready when constructed."""

    def __init__(
        self,
        folder: Path,
        name: str,
        port: int,
        count: int,
        *,
        is_raw: bool = False,
        init: dict[str, str] | None = None,
        query: str = "",
        window: int = 64,
        nap_us: int = 0,
    ) -> None:
        self.count = count
        self.events = 0  # that each subscriber should have been given
        words: list[str | Path] = [PROGRAM, "--port", str(port), "--count", str(count), "--window", str(window)]
        words += ["--nap", str(nap_us)]
        if is_raw:
            words.append("--raw")
        else:
            self._init, self._subscribe = folder / f"{name}-init.json", folder / f"{name}-subscribe.json"
            self._init.write_text(json.dumps(init or {}))
            self._subscribe.write_text(json.dumps({"query": query}))
            words += ["--init", self._init, "--subscribe", self._subscribe]
        self._commits = folder / f"{name}-commits.txt"
        self._process = Process(words, folder / f"{name}-load.log", core=CLIENT_CORE, is_spoken_to=True)
        self.ready = self._hear()

    def wait(self, seconds: float = 120) -> dict[str, Any]:
        """Until every subscriber has been given `events`; raises when one was not, or was given something wrong."""
        stats = self._ask(f"wait {self.events} {int(seconds * 1000)}")
        if not stats["complete"] or stats["errors"]:
            found = f"{stats['deliveries']} of {self.events * self.count} deliveries, {stats['errors']} wrong"
            raise Wrong(f"{found}: {stats['error_texts']}")
        return stats

    def stats(self) -> dict[str, Any]:
        return self._ask("stats")

    def sample(self) -> dict[str, Any]:
        return self._ask("sample")

    def forget(self) -> None:
        self._ask("forget")

    def latency(self, commits: Sequence[Commit]) -> dict[str, float]:
        """Percentiles in milliseconds from commit to frame, over every delivery."""
        self._commits.write_text("".join(f"{first} {last} {at}\n" for first, last, at in commits))
        return self._ask(f"latency {self._commits}")

    def stop(self) -> None:
        self._process.stop()

    def _ask(self, line: str) -> dict[str, Any]:
        self._process.say(line)
        return self._hear()

    def _hear(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self._process.hear())
        if "failed" in answer:
            raise Wrong(answer["failed"])
        return answer


class Wrong(Exception):
    """A server sent something else than it should have: its row is void."""
