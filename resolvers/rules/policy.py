"""Numbers of the loop that a deployment may change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from db.vocabulary import CaseKind
from db.vocabulary.purchasing import InstitutionClass


@dataclass(frozen=True, slots=True)
class Policy:
    """Numbers a deployment may change; none of them comes from a regulation we have seen."""

    reopen_days: int = 15
    check_share_percent: int = 20  # of cases settled on the spot that are drawn for a completion check
    ingest_batch: int = 100
    burden_tasks: int = 30  # most a day for one grid worker, where no division above names a ceiling
    bypass_days: int = 15  # longest emergency permit
    bypass_review_days: int = 7  # until its reviewers must have spoken
    followers_per_case: int = 200  # each stands in every event of the case
    followable_kinds: frozenset[CaseKind] = frozenset({CaseKind.PROBLEM})  # everybody may know that it is there
    urge_quiet_hours: int = 24  # of one person on one case
    cases_per_batch: int = 100
    links_per_case: int = 50
    children_per_case: int = 50
    shares_per_case: int = 20  # as do the units it is shared with
    commitments_per_case: int = 5  # under way at once
    poll_days: int = 180  # that a token of a case counts
    survey_days: int = 15  # that a survey may be answered
    phone_calls: int = 2  # in vain, before another way is tried
    sms_receipt_hours: int = 1  # until the network is given up
    callback_hours: int = 24  # until the hotline is given up
    unanswered_hours: int = 24  # a handled case may wait so long for its answer
    urges_to_expedite: int = 3  # different followers in a round, after which SYSTEM issues an expedite order
    returns_to_expedite: int = 2
    blocked_times: float = 3.0  # the median of its link, after which a case that stands there is a loop break
    blocked_least_minutes: int = 30  # of a link that takes seconds, three times as many are nothing
    barred_institutions: frozenset[InstitutionClass] = frozenset({InstitutionClass.CLASS_ONE})  # from bought work

    visit_metres: int = 500  # from the place of a case, within which a phone was there
    visit_grid_metres: int = 2_000  # from the point of its grid, where the place is not known better

    @property
    def reopen_window(self) -> timedelta:
        return timedelta(days=self.reopen_days)

    @property
    def poll_lifetime(self) -> timedelta:
        return timedelta(days=self.poll_days)

    @property
    def survey_lifetime(self) -> timedelta:
        return timedelta(days=self.survey_days)

    @property
    def unanswered_wait(self) -> timedelta:
        return timedelta(hours=self.unanswered_hours)

    @property
    def urge_quiet(self) -> timedelta:
        return timedelta(hours=self.urge_quiet_hours)
