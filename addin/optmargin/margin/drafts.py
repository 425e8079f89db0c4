"""What the pools of one underlying write into while they are margined: a draft per group, and the findings."""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from optmargin.core.contracts import AccountType, Settlement
from optmargin.core.errors import Finding, Severity
from optmargin.core.payoff import LossProfile
from optmargin.margin.requirement import Amounts, Entry, Group, Lines
from optmargin.rules.terms import SettlementRule

if TYPE_CHECKING:
    from optmargin.core.legs import LegTable
    from optmargin.rules.book import TermsInForce

Moment = tuple[dt.date, Settlement]


@dataclass(slots=True)
class Draft:
    """What is collected for one group until all of its lines are known."""

    entries: list[Entry] = field(default_factory=list)
    put_side: float = 0.0
    call_side: float = 0.0
    max_loss: float = 0.0
    multiplier: float = 100.0
    profile: LossProfile | None = None
    blocked: bool = False


class Drafts:
    """What the pools of one underlying share: the legs, the terms, the drafts of the groups and the findings.

    ``moments`` are the moments at which legs settle, in order of time, and ``moment_of`` the number of each leg's.
    """

    def __init__(
        self,
        legs: LegTable,
        in_force: TermsInForce,
        as_of: dt.date | None,
        account_type: AccountType,
        account: str,
        time_limit: float | None,
    ) -> None:
        self.legs = legs
        self.time_limit = time_limit
        self.in_force = in_force
        self.terms = in_force.terms
        self.as_of = as_of
        self.account_type = account_type
        self.account = account
        self.underlying = str(legs.underlying[0])
        self.drafts: dict[Moment | None, Draft] = defaultdict(Draft)
        self.findings: list[Finding] = []
        together = self.terms.spread.settlement is SettlementRule.TOGETHER
        days, day = np.unique(legs.expiry, return_inverse=True)
        at_close = (legs.settlement == Settlement.PM) | together
        found, self.moment_of = np.unique(2 * day + at_close, return_inverse=True)
        named = days.astype(object).tolist()
        self.moments: list[Moment] = [
            (named[each // 2], Settlement.PM if each % 2 else Settlement.AM) for each in found.tolist()
        ]

    def moment(self, at: int) -> Moment:
        """When a leg settles: its day, and the morning or the close of it; the order of moments is that of time."""
        return self.moments[int(self.moment_of[at])]

    def source(self, key: str) -> str:
        """The book and the source of a term, for a line of the working."""
        return f"{self.in_force.book}: {self.in_force.source(key).cite}"

    def block(self, moment: Moment | None, problem: str, remedy: str, line: int = 0) -> None:
        """Takes the requirement from a group, and says why."""
        self.drafts[moment].blocked = True
        self._note(Severity.INCOMPLETE, problem, remedy, moment, line)

    def note(self, problem: str, remedy: str = "", moment: Moment | None = None) -> None:
        """Notices something that leaves the figures as they are."""
        self._note(Severity.NOTE, problem, remedy, moment, 0)

    def warn(self, problem: str, remedy: str = "") -> None:
        """Notices something that leaves the figures as they are, and that they may be wrong by."""
        self._note(Severity.WARNING, problem, remedy, None, 0)

    def _note(self, severity: Severity, problem: str, remedy: str, moment: Moment | None, line: int) -> None:
        finding = Finding(
            severity,
            problem,
            remedy,
            line=line or None,
            account=self.account,
            underlying=self.underlying,
            expiry=moment[0] if moment else None,
        )
        if finding not in self.findings:
            self.findings.append(finding)

    def groups(self) -> list[Group]:
        """The groups, their lines summed up."""
        return [self._group(moment, draft) for moment, draft in self.drafts.items()]

    def _group(self, moment: Moment | None, draft: Draft) -> Group:
        missing = Amounts(math.nan, math.nan, math.nan)
        lines = Lines(draft.entries)
        return Group(
            underlying=self.underlying,
            expiry=moment[0] if moment else None,
            settlement=moment[1] if moment else Settlement.PM,
            multiplier=draft.multiplier,
            put_side=math.nan if draft.blocked else draft.put_side,
            call_side=math.nan if draft.blocked else draft.call_side,
            max_loss=math.nan if draft.blocked else draft.max_loss,
            initial=missing if draft.blocked else lines.initial,
            maintenance=missing if draft.blocked else lines.maintenance,
            lines=lines,
            profile=draft.profile,
            blocked=draft.blocked,
        )
