"""What a run came to: the table of targets, and one line for each."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bench.fanout.delivery import THERE, YARDSTICK, Measured, ratio

Better = Literal["higher", "lower"]


# Wanted and stretch, from the design.
GOALS: dict[str, tuple[float | None, float | None]] = {
    "delivery-strawberry": (50, 75),
    "delivery-node": (8, 12),
    "delivery-c": (1.2, 0.8),
    "delivery-alone": (1.2, 1.0),
    "all-different": (None, 2),
    "events-held": (200, 400),
    "connect": (4, 6),
    "rss": (0.6, None),
    "rss-kib": (None, 5),
    "sockets": (19_000, None),
    "bell-valkey": (100, None),
    "bell-postgres": (100, None),
    "bell-dead": (1_500, None),
}


@dataclass(frozen=True)
class Target:
    """One line of the table. `measured` is None where a row is void or was not measured, `note` says why."""

    name: str
    what: str
    reference: str
    unit: str
    better: Better
    measured: float | None
    wanted: float | None
    stretch: float | None = None
    note: str = ""

    def reaches(self, goal: float) -> bool:
        assert self.measured is not None
        return self.measured >= goal if self.better == "higher" else self.measured <= goal

    @property
    def verdict(self) -> str:
        if self.measured is None:
            return self.note
        if self.wanted is None:
            return "no target"
        return "met" if self.reaches(self.wanted) else "missed"

    def lines(self) -> list[str]:
        value = "-" if self.measured is None else _number(self.measured)
        found = []
        if self.wanted is not None:
            found.append(f"target {self.name} measured {value} wanted {_number(self.wanted)} {self.verdict}")
        if self.stretch is not None:
            is_reached = self.measured is not None and self.reaches(self.stretch)
            word = "met" if is_reached else "stretch"
            found.append(f"target {self.name}-stretch measured {value} wanted {_number(self.stretch)} {word}")
        return found


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1_000 else f"{value:.3g}"


def delivery_targets(found: Mapping[str, Measured]) -> list[Target]:
    wide, ours = "CPU per delivery, W=8, 1000 subscribers", found["ours"]
    honest = [name for name in ("graphql-ws", "mercurius") if not found[name].void]
    node = min(honest or ["graphql-ws"], key=lambda name: found[name].median_wide if found[name].wide else 0)

    def target(name: str, what: str, against: str, reference: str, *, is_factor: bool = False) -> Target:
        other = found[against]
        these, those = (ours.alone, other.alone) if what != wide else (ours.wide, other.wide)
        found_ratio = (ratio(those, these) if is_factor else ratio(these, those)) if these and those else 0.0
        measured = None if other.void else found_ratio
        note = f"void ({_number(found_ratio)} if it counted): {against}: {other.void}"
        return Target(
            name, what, reference, "x less" if is_factor else "x", "higher" if is_factor else "lower",
            measured, *GOALS[name], note=note,
        )  # fmt: skip

    return [
        target("delivery-strawberry", wide, "strawberry", "Strawberry as documented", is_factor=True),
        target("delivery-node", wide, node, f"best of graphql-ws+ws and mercurius: {node}", is_factor=True),
        target("delivery-c", wide, YARDSTICK, "C, one send() per frame"),
        target("delivery-alone", "CPU per delivery, one event at a time", "broadcast", "websockets.broadcast()"),
    ]


def print_servers(found: Mapping[str, Measured]) -> None:
    print(
        "\n| server | W=8, us | spread | one at a time, us | bytes | C loops (there) | idle | client, us | others | |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    yardstick = found[YARDSTICK]
    for name, one in found.items():
        if not one.wide:
            print(f"| {name} | - | - | - | - | - | - | - | - | void: {one.void} |")
            continue
        there = f" ({THERE[name] / THERE[YARDSTICK]:.2f})" if name in THERE else ""
        loops = f"{ratio(one.wide, yardstick.wide):.2f}{there}"
        spread = f"{min(one.wide):.2f} to {max(one.wide):.2f}"
        client = sum(one.client) / len(one.client)
        print(
            f"| {name} | {one.median_wide:.2f} | {spread} | {one.median_alone:.2f} | {one.frame_bytes[1]} | {loops} "
            f"| {one.idle_percent:.2f} % | {client:.2f} "
            f"| {statistics.median(one.others):.0f} % | {'void: ' + one.void if one.void else ''} |"
        )


def print_targets(targets: Sequence[Target]) -> None:
    print("\n| what | reference in the same run | measured | wanted | stretch | |")
    print("| --- | --- | --- | --- | --- | --- |")
    for one in targets:
        value, wanted, stretch = (
            "-" if number is None else f"{_number(number)} {one.unit}"
            for number in (one.measured, one.wanted, one.stretch)
        )
        verdict = one.verdict if one.wanted is not None or one.measured is None else ""
        print(f"| {one.what} | {one.reference} | {value} | {wanted} | {stretch} | {verdict} |")
    print()
    for one in targets:
        print("\n".join(one.lines()))
