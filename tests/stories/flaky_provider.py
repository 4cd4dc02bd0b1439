"""The provider's system of docs/examples on a bad day, by a seed: it answers 5xx, answers nothing, answers late, says
things twice and out of order. Run as a process of its own."""

from __future__ import annotations

import importlib.util
import os
import random
import time
from pathlib import Path
from typing import Any

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "provider.py"


def main() -> None:
    spec = importlib.util.spec_from_file_location("provider", EXAMPLE)
    assert spec is not None and spec.loader is not None
    provider: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(provider)
    chance = random.Random(int(os.environ["SEED"]))
    take, say = provider.take, provider.say
    said: list[list[dict[str, Any]]] = []

    class Receiver(provider.Receiver):  # type: ignore[misc,name-defined]
        def do_POST(self) -> None:
            fate = chance.random()
            if fate < 0.08:  # broken before it was written down
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_error(500)
            elif fate < 0.16:  # written down, but the answer is lost
                take(self.headers, self.rfile.read(int(self.headers["Content-Length"])))
                self.close_connection = True
            else:
                if fate < 0.24:
                    time.sleep(0.3)
                super().do_POST()

    def say_too_much(bundle: list[dict[str, Any]]) -> Any:
        outcomes = say(bundle)
        if chance.random() < 0.25:  # twice, with the first answer lost
            assert set(say(bundle)) == {"REPEATED"}
        if said and chance.random() < 0.25:  # and old things once more, beside each other
            assert set(say([chance.choice(old) for old in said[-20:]])) == {"REPEATED"}
        said.append(bundle)
        return outcomes

    provider.Receiver, provider.say = Receiver, say_too_much
    provider.main()


if __name__ == "__main__":
    main()
