"""Who is sent to next, where several receivers share what may be on its way."""

from __future__ import annotations

from collections import Counter

from resolvers.rules.turns import Turns


def all_of(turns: Turns[str]) -> list[str]:
    return list(iter(turns.next, None))


def test_receivers_take_turns_and_none_has_more_on_the_way_than_its_share() -> None:
    turns: Turns[str] = Turns(100, 2)
    turns.stock({1: ["a1", "a2", "a3"], 2: ["b1"], 3: ["c1", "c2", "c3"]}, 100)

    first = all_of(turns)
    turns.ended(3)

    assert first == ["a1", "b1", "c1", "a2", "c2"]
    assert all_of(turns) == ["c3"]


def test_receivers_that_hang_give_back_what_they_hold_beyond_their_share_and_one_that_answers_finds_room() -> None:
    turns: Turns[int] = Turns(32, 8)
    away: list[int] = []
    hanging = {receiver: [receiver] * 100 for receiver in range(1, 11)}
    for receiver, waiting in hanging.items():  # one after the other they take up everything
        turns.stock({receiver: waiting}, 100)
        away += iter(turns.next, None)
    assert len(away) == 32 and Counter(away).most_common(1) == [(1, 8)]

    for _ in range(100):  # the oldest attempt times out, and others begin
        turns.ended(away.pop(0))
        turns.stock(hanging, 100)
        away += iter(turns.next, None)
    turns.stock(hanging | {11: [11]}, 100)
    found = list(iter(turns.next, None))

    assert found == [11]
    assert max(Counter(away).values()) == 3


def test_only_so_many_set_out_until_there_is_new_stock_which_takes_the_place_of_the_old() -> None:
    turns: Turns[str] = Turns(100, 50)
    turns.stock({1: ["a1", "a2", "a3"]}, 2)
    began = all_of(turns)

    turns.stock({1: ["a4"], 2: ["b1"]}, 2)

    assert began == ["a1", "a2"]
    assert not turns.is_used_up
    assert all_of(turns) == ["b1", "a4"]
    assert turns.is_used_up
    turns.stock({1: ["a5"]}, 2)
    turns.clear()
    assert all_of(turns) == []
