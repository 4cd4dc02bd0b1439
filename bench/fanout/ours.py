"""The server under test: `python -m api serve` of a source tree, and the process that commits beside it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import urllib.request
from pathlib import Path

from bench.fanout.load import HERE, Commit
from bench.fanout.processes import CLIENT_CORE, SERVER_CORE, Process, Words, free_port, wait_for_port
from bench.fanout.servers import PYTHON

SECRET = "bench-6f1d0c9a7e3b48d2a5c4f8e1b7d6039a"  # of databases that live as long as a run
PLENTY = "1000000"


class Ours:
    name = "ours"
    is_raw = False

    def __init__(self, source: Path, folder: Path, bell_url: str | None, *, database_url: str | None = None) -> None:
        """A server with an empty journal. Without a bell its poll finds what the writer has committed."""
        self.port = free_port()
        folder.mkdir(parents=True, exist_ok=True)
        if database_url is None:
            shutil.copy(city(source), folder / "gridcast.db")
            database_url = f"sqlite+aiosqlite:///{folder / 'gridcast.db'}"
        self._env = environment(source, folder, database_url, bell_url)
        token = run(source, self._env, "-m", "api", "token", "--role", "DISPLAY", "--scope", "32", "--realm", "LIVE")
        self._init = {"Authorization": f"Bearer {token.strip()}"}
        words: Words = [PYTHON, "-m", "api", "serve", "--port", str(self.port)]
        self.process = Process(words, folder / "ours.log", core=SERVER_CORE, cwd=source, env=self._env)
        wait_for_port(self.process, self.port)
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=10) as answer:
            assert json.load(answer)["ready"]
        self._writer = Process(
            [PYTHON, "-P", HERE / "writer.py", database_url, *([bell_url] if bell_url else [])],
            folder / "writer.log", core=CLIENT_CORE, cwd=source, env=self._env, is_spoken_to=True,
        )  # fmt: skip
        json.loads(self._writer.hear())

    def init(self) -> dict[str, str]:
        return self._init

    def emit(self, count: int) -> Commit:
        self._writer.say(f"commit {count}")
        first, last, at = json.loads(self._writer.hear())
        return first, last, at

    def emit_steadily(self, per_second: float, seconds: float) -> list[Commit]:
        self._writer.say(f"rate {per_second} {seconds}")
        return [(first, last, at) for first, last, at in json.loads(self._writer.hear())]

    def stop(self) -> None:
        self._writer.stop()
        self.process.stop()


def environment(source: Path, folder: Path, database_url: str, bell_url: str | None) -> dict[str, str]:
    """Settings: quotas out of the way, for all subscribers come with one token."""
    settings = {
        "GRIDCAST_VAR_DIR": str(folder),
        "GRIDCAST_DATABASE_URL": database_url,
        "GRIDCAST_SECRET": SECRET,
        "GRIDCAST_SOCKETS_PER_PRINCIPAL": PLENTY,
        "GRIDCAST_SUBSCRIPTIONS_PER_PRINCIPAL": PLENTY,
        "PYTHONPATH": str(source),
    }
    return settings | ({"GRIDCAST_BELL_URL": bell_url} if bell_url else {})


def run(source: Path, env: dict[str, str], *words: str) -> str:
    """One command of the project's, to its end."""
    done = subprocess.run(
        [str(PYTHON), "-P", *words] if words[0] != "-m" else [str(PYTHON), *words],
        cwd=source, env={**os.environ, **env}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr[-1_000:]}")
    return done.stdout


def city(source: Path) -> Path:
    """A prepared SQLite database; made once for each state of the source's tables, data and migrations."""
    digest = hashlib.sha256((HERE / "city.py").read_bytes())
    for path in sorted(one for one in (source / "db").rglob("*") if one.is_file() and "__pycache__" not in one.parts):
        digest.update(path.read_bytes())
    prepared = HERE / "out" / f"city-{digest.hexdigest()[:16]}.db"
    if not prepared.exists():
        print("preparing a database (once)", flush=True)
        for older in prepared.parent.glob("city-*"):
            older.unlink()
        draft = prepared.with_suffix(".draft")
        url = f"sqlite+aiosqlite:///{draft}"
        run(source, environment(source, draft.parent, url, None), str(HERE / "city.py"), url)
        draft.rename(prepared)
    return prepared


def accepts_bell(source: Path, url: str) -> bool:
    """Whether the source's settings know such a bell."""
    ask = f"from api.settings import Settings; Settings(bell_url={url!r}).bell"
    done = subprocess.run([str(PYTHON), "-c", ask], cwd=source, capture_output=True, check=False)
    return done.returncode == 0
