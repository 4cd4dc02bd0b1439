"""Which way an answer takes, and who may say that it arrived."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest

from db.vocabulary import CaseSource, Channel, Role
from resolvers.rules import channels
from resolvers.rules.channels import REPORTERS, chain, first_channel, next_channel, wait
from resolvers.rules.policy import Policy

C = Channel


def test_every_source_has_a_channel_and_every_channel_a_way_on_and_its_reporters() -> None:
    assert set(channels.CHANNEL_OF_SOURCE) == set(CaseSource)
    assert set(channels.AFTER) == set(REPORTERS) == set(Channel)


@pytest.mark.parametrize(
    ("source", "asked", "phone", "expected"),
    [
        (CaseSource.RESIDENT_APP, None, None, C.IN_APP),
        (CaseSource.ENTERPRISE_APP, C.SMS, "13812340000", C.SMS),
        (CaseSource.HOTLINE, None, None, C.HOTLINE_CALLBACK),
        (CaseSource.SENSOR, None, "13812340000", C.DUTY_DESK),
        (CaseSource.MAILBOX, C.SMS, "13812340000", C.SMS),
        (CaseSource.MAILBOX, C.SMS, None, C.DUTY_DESK),
    ],
)
def test_an_answer_sets_out_as_was_asked_for_or_as_its_source_usually_is(
    source: CaseSource, asked: Channel | None, phone: str | None, expected: Channel
) -> None:
    case = SimpleNamespace(source=source, channel=asked, submitter_phone=phone)

    assert first_channel(case) is expected


def test_without_a_number_nobody_is_called() -> None:
    assert chain(C.HOTLINE_CALLBACK, has_number=True) == (C.HOTLINE_CALLBACK, C.SMS, C.PHONE)
    assert chain(C.HOTLINE_CALLBACK, has_number=False) == (C.HOTLINE_CALLBACK,)


@pytest.mark.parametrize(
    ("first", "failed", "reported", "expected"),
    [
        (C.SMS, C.SMS, True, C.PHONE),
        (C.SMS, C.SMS, False, C.PHONE),
        (C.SMS, C.PHONE, True, None),
        (C.PHONE, C.SMS, True, None),
        (C.PHONE, C.SMS, False, C.DUTY_DESK),
        (C.HOTLINE_CALLBACK, C.PHONE, True, None),
        (C.PHONE, C.DUTY_DESK, True, None),
        (C.DUTY_DESK, C.DUTY_DESK, True, None),
    ],
)
def test_the_last_way_ends_in_proof_if_it_was_reported_and_at_the_desk_if_it_was_silence(
    first: Channel, failed: Channel, reported: bool, expected: Channel | None
) -> None:
    assert next_channel(first, failed, has_number=True, is_reported=reported) is expected


def test_only_what_others_carry_times_out() -> None:
    policy = Policy(sms_receipt_hours=1, callback_hours=24)

    found = {channel: wait(channel, policy) for channel in Channel}

    hour = timedelta(hours=1)
    assert found == {C.IN_APP: None, C.SMS: hour, C.PHONE: None, C.HOTLINE_CALLBACK: 24 * hour, C.DUTY_DESK: None}


def test_the_desk_signs_and_units_may_call() -> None:
    assert REPORTERS[C.DUTY_DESK] == {Role.INTAKE_OFFICER, Role.DISPATCHER, Role.SHIFT_LEADER}
    assert REPORTERS[C.PHONE] == REPORTERS[C.DUTY_DESK] | {Role.HANDLER, Role.COMMUNITY_WORKER}
    assert REPORTERS[C.SMS] == REPORTERS[C.IN_APP] == set()
