"""Ours beside its references, in one run: what a delivery costs, and what else the design promises of fan-out.

    python -m bench.fanout [--quick] [--source FOLDER] [--bell auto|poll|valkey] [--rounds 5]
                           [--only ROW]

Started by `make bench-fanout`, which builds what it needs. The server under measurement has core 0 for itself; the
load client, the writer and this driver share core 1. The figures, their rounds and the machine go to out/.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.fanout import delivery, further
from bench.fanout.bells import valkey_server
from bench.fanout.load import HERE
from bench.fanout.ours import Ours, accepts_bell, city
from bench.fanout.processes import CLIENT_CORE
from bench.fanout.report import Target, delivery_targets, print_servers, print_targets

ROOT = HERE.parent.parent


def machine(source: Path) -> dict[str, str]:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    processors = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    processor = processors[0] if processors else platform.machine()
    commit = _said("git", "-C", str(source), "rev-parse", "--short", "HEAD")
    changed = _said("git", "-C", str(source), "status", "--porcelain", "--", "api", "db", "resolvers", "schema")
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "commit": commit + (" with changes" if changed else ""),
        "machine": f"{processor}, {os.cpu_count()} cores, Linux {platform.release().split('-')[0]}",
        "versions": f"Python {platform.python_version()}, Node {_said('node', '--version')}",
    }


def raise_descriptor_limit() -> str:
    """For this process and all that it starts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return f"{hard:,} for each process (soft limit was {soft:,})"


def _said(*words: str) -> str:
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()


def run(chosen: argparse.Namespace, folder: Path, bell_url: str | None) -> tuple[dict[str, Any], list[Target]]:
    source: Path = chosen.source
    results: dict[str, Any] = {}
    targets: list[Target] = []
    if chosen.only in (None, "delivery"):
        ours = Ours(source, folder / "ours", bell_url)
        try:
            found = delivery.measure(ours, folder, chosen.rounds)
        finally:
            ours.stop()
        print_servers(found)
        results["delivery"] = delivery.as_json(found)
        targets = delivery_targets(found)
    if not chosen.quick and chosen.only != "delivery":
        more, further_targets = further.measure(source, folder, bell_url, rounds=chosen.rounds, only=chosen.only)
        results |= more
        targets += further_targets
    return results, targets


def main(chosen: argparse.Namespace) -> None:
    os.sched_setaffinity(0, {CLIENT_CORE})
    about_descriptors = raise_descriptor_limit()
    for name in [name for name in os.environ if name.startswith("GRIDCAST_") or name == "PORT"]:
        del os.environ[name]  # the bench makes its own settings
    about, started = machine(chosen.source), time.monotonic()
    about["descriptors"] = about_descriptors
    about["load before"] = f"{os.getloadavg()[0]:.1f}"
    print("\n".join(f"{name}: {value}" for name, value in about.items()))
    city(chosen.source)
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=HERE / "out"))
    try:
        knows_bell = chosen.bell == "auto" and accepts_bell(chosen.source, "redis://127.0.0.1")
        has_bell = chosen.bell == "valkey" or knows_bell
        about["wake-up"] = "Valkey bell" if has_bell else "poll, once a second"
        print(f"wake-up: {about['wake-up']}", flush=True)
        if has_bell:
            with valkey_server() as bell_url:
                results, targets = run(chosen, folder, bell_url)
        else:
            results, targets = run(chosen, folder, None)
    finally:
        if not chosen.keep:
            shutil.rmtree(folder, ignore_errors=True)
    print_targets(targets)
    about["took"] = f"{time.monotonic() - started:.0f} s"
    about["load after"] = f"{os.getloadavg()[0]:.1f}"
    print(f"\ntook {about['took']}; load average {about['load before']} before, {about['load after']} after")
    written = HERE / "out" / f"{datetime.now(UTC):%Y%m%d-%H%M%S}.json"
    content = {"about": about, "targets": [vars(one) | {"verdict": one.verdict} for one in targets], **results}
    written.write_text(json.dumps(content, indent=1, ensure_ascii=False, default=str))
    print(f"written to {written.relative_to(ROOT)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="only processor time per delivery")
    parser.add_argument("--only", metavar="ROW", help="one row: delivery, connect, rss, sockets, bell-valkey, ...")
    parser.add_argument("--source", type=Path, default=ROOT, help="the tree whose server is measured")
    parser.add_argument("--bell", choices=("auto", "poll", "valkey"), default="auto")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keep", action="store_true", help="keep logs and databases of the run")
    main(parser.parse_args())
