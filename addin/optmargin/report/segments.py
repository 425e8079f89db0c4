"""The segments of an account with what each leaves, the securities by two methods side by side, and the futures by product."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from optmargin.core import figures
from optmargin.core.contracts import AccountType, Right
from optmargin.core.errors import Finding, Severity
from optmargin.core.money import cents, dollars
from optmargin.margin.account import margin_account
from optmargin.report.methods import FUTURES, Margined, Method, by_portfolio, market_values
from optmargin.report.records import MethodRow, RiskRow, SegmentRow
from optmargin.risk.span.broker import commodity_segment

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from optmargin.core.accounts import Account
    from optmargin.margin.requirement import AccountRequirement
    from optmargin.risk.portfolio.requirement import PortfolioRequirement
    from optmargin.risk.span.requirement import CommodityRequirement, SpanRequirement

SECURITIES = "securities"

_COMMODITY_CASH = "give the cash of the futures segment (--commodity-cash)"
_HALF_A_CENT = 0.005


@dataclass(frozen=True, slots=True)
class _Left:
    """What a net liq leaves beside what ties it up; None where either isn't known."""

    net_liq: float | None
    available: float | None
    excess: float | None

    @classmethod
    def of(cls, net_liq: float | None, deposit: float | None, maintenance_deposit: float | None) -> _Left:
        """Net liq less each of the two deposits."""
        return cls(net_liq, _difference(net_liq, deposit), _difference(net_liq, maintenance_deposit))

    @property
    def cushion(self) -> float | None:
        """Excess liquidity as a fraction of net liq; None where that isn't above zero."""
        if self.net_liq is None or self.excess is None:
            return None
        return _number(float(figures.cushion(self.net_liq, self.excess)))


def _number(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else value


def _money(value: float | None) -> float | None:
    return None if value is None else cents(float(value))


def _difference(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else _number(one - other)


def segment_rows(
    account: Account, margined: Margined, net_liq: float | None
) -> tuple[tuple[SegmentRow, ...], list[Finding]]:
    """The segments, and findings about one that lacks money, or of which it can't be said.

    Args:
        account: as a reader loaded it.
        margined: by the method that was asked for.
        net_liq: of the whole account, USD; None where it isn't known.
    """
    if not margined.has_futures and not account.commodity_cash:
        return (_securities(margined, net_liq, account.cash),), []
    findings: list[Finding] = []
    futures = _futures(account, margined, findings)
    rest = _difference(net_liq, futures.net_liq)
    securities = _securities(margined, rest, _difference(account.cash, account.commodity_cash))
    rows = [futures] if _is_empty(securities) else [securities, futures]
    for row in rows:
        findings.extend(_lacking(row, rows, account.account))
    return tuple(rows), findings


def _is_empty(row: SegmentRow) -> bool:
    """Whether nothing at all is in a segment, as far as is known."""
    return row.complete and not row.initial and not row.position_value and not row.net_liq


def _securities(margined: Margined, net_liq: float | None, cash: float | None) -> SegmentRow:
    required = margined.securities
    convention = required.book.convention
    legs = margined.securities_account.legs
    stock = math.fsum((legs.price * legs.quantity)[legs.right == int(Right.STOCK)].tolist())
    long, short = market_values(legs)
    left = _Left.of(net_liq, _number(required.initial.deposit), _number(required.maintenance.deposit))
    is_portfolio = margined.method is Method.PORTFOLIO
    table = margined.portfolio.table.title if margined.portfolio is not None else ""
    return SegmentRow(
        segment=SECURITIES,
        method=str(Method.PORTFOLIO if is_portfolio else Method.STRATEGY),
        level="",
        complete=required.complete,
        initial=_money(required.initial.in_convention(convention)),
        maintenance=_money(required.maintenance.in_convention(convention)),
        deposit=_money(required.initial.deposit),
        maintenance_deposit=_money(required.maintenance.deposit),
        cash=_money(cash),
        position_value=_money(stock + long - short),
        net_liq=_money(left.net_liq),
        available_funds=_money(left.available),
        excess_liquidity=_money(left.excess),
        cushion=left.cushion,
        state=_state(left, complete=required.complete),
        source=table if is_portfolio else f"{required.book.title} [{required.book.book}]",
    )


def _futures(account: Account, margined: Margined, findings: list[Finding]) -> SegmentRow:
    """The futures segment; what it would take to say what it leaves goes into the findings."""
    group, required = margined.futures_group, margined.span
    long, short = market_values(margined.futures_account.legs)
    # Cash without a position is a segment all the same: it may be owed, and the securities don't have it.
    value, complete = _number(long - short), not margined.has_futures or (group is not None and not group.blocked)
    initial = maintenance = math.nan if margined.has_futures else 0.0
    if group is not None and complete:
        initial, maintenance = group.initial.field, group.maintenance.field
    cash = account.commodity_cash
    net_liq = None if cash is None or value is None else cash + value
    deposits = [None if value is None else _number(each + value) for each in (initial, maintenance)]
    left = _Left.of(net_liq, *deposits)
    if required is not None and cash is not None:
        findings.extend(
            Finding(each.severity, each.problem, each.remedy, account=account.account)
            for each in commodity_segment(cash, required).findings
        )
    if complete and cash is None:
        problem = "available funds and cushion of the futures segment aren't stated: how much of the cash is in it isn't known"
        findings.append(Finding(Severity.NOTE, problem, _COMMODITY_CASH, account=account.account))
    elif complete and value is None:
        problem = "available funds and cushion of the futures segment need the market value of its options, and a price is missing"
        findings.append(Finding(Severity.NOTE, problem, "give every option's price", account=account.account))
    unstated = "cash of the segment not given" if cash is None else ""
    return SegmentRow(
        segment=FUTURES,
        method=str(Method.SPAN if required is not None or not margined.has_futures else margined.method),
        level=str(required.origin.level) if required is not None else "",
        complete=complete,
        initial=_money(initial),
        maintenance=_money(maintenance),
        deposit=_money(deposits[0]),
        maintenance_deposit=_money(deposits[1]),
        cash=_money(cash),
        position_value=_money(value),
        net_liq=_money(net_liq),
        available_funds=_money(left.available),
        excess_liquidity=_money(left.excess),
        cushion=left.cushion,
        state=_state(left, complete=complete, unstated=unstated),
        source="" if required is None else f"{required.origin.cite}; {required.note}",
    )


def _state(left: _Left, *, complete: bool, unstated: str = "") -> str:
    """What is to be said of a segment in words, the worst first."""
    if not complete:
        return "incomplete: its requirement isn't stated"
    if left.excess is not None and left.excess < -_HALF_A_CENT:
        return f"LACKS {dollars(-left.excess)} of its maintenance requirement: positions can be liquidated"
    if left.available is not None and left.available < -_HALF_A_CENT:
        return f"lacks {dollars(-left.available)} of its initial requirement: nothing can be opened"
    return unstated


def _lacking(row: SegmentRow, rows: Sequence[SegmentRow], account: str) -> list[Finding]:
    """A warning about a segment below its requirement; it says so too where the account as a whole looks well."""
    if not (row.available_funds is not None and row.available_funds < -_HALF_A_CENT):
        return []
    is_below = row.excess_liquidity is not None and row.excess_liquidity < -_HALF_A_CENT
    amount, what = (row.excess_liquidity, "maintenance") if is_below else (row.available_funds, "initial")
    problem = f"the {row.segment} segment lacks {dollars(-(amount or 0.0))} of its {what} requirement"
    others = [(each.excess_liquidity if is_below else each.available_funds) for each in rows]
    total = None if None in others else math.fsum(each for each in others if each is not None)
    if total is not None and total >= 0:
        problem += f", though the account as a whole has {dollars(total)} left over"
    remedy = "bring cash into it from the other segment, or close positions"
    return [Finding(Severity.WARNING, problem, remedy, account=account)]


# Two methods side by side ----------------------------------------------------------------------------------------------------


def method_rows(
    margined: Margined,
    as_of: dt.date,
    net_liq: float | None,
    time_limit: float | None,
) -> tuple[MethodRow, ...]:
    """The securities by strategy and by portfolio margin; nothing where there are none, or no margin account.

    Args:
        margined: by the method that was asked for.
        as_of: the day of the prices.
        net_liq: of the securities segment, USD; None where it isn't known.
        time_limit: seconds for the choice of the pairing of one underlying, or None.
    """
    account, mine = margined.securities_account, margined.securities
    if not len(account.legs) or mine.account_type is not AccountType.MARGIN or margined.method is Method.SPAN:
        return ()
    if margined.method is Method.PORTFOLIO:
        strategy, required, portfolio = _by_strategy(account, mine, as_of, time_limit), mine, margined.portfolio
    else:
        strategy, (required, portfolio) = mine, by_portfolio(account, mine.book, as_of, mine.account_type)
    counts = margined.method is Method.PORTFOLIO
    return (
        _method_row(Method.STRATEGY, strategy, net_liq, counts=not counts, words=_words(strategy.findings)),
        _method_row(
            Method.PORTFOLIO,
            required,
            net_liq,
            counts=counts,
            binds=_binds(portfolio),
            words=_words(required.findings),
        ),
    )


def _by_strategy(
    account: Account, mine: AccountRequirement, as_of: dt.date, time_limit: float | None
) -> AccountRequirement:
    return margin_account(account, mine.book, as_of=as_of, account_type=mine.account_type, time_limit=time_limit)


def _binds(portfolio: PortfolioRequirement | None) -> str:
    if portfolio is None:
        return ""
    return "; ".join(f"{each.name}: {each.binds}" for each in portfolio.classes if each.binds)


def _words(findings: Sequence[Finding]) -> str:
    """What is missing, or else what was assumed that may be far off."""
    for severity in (Severity.INCOMPLETE, Severity.WARNING):
        told = [str(each) for each in findings if each.severity is severity]
        if told:
            return "; ".join(dict.fromkeys(told))
    return ""


def _method_row(
    method: Method, required: AccountRequirement, net_liq: float | None, *, counts: bool, binds: str = "", words: str
) -> MethodRow:
    convention = required.book.convention
    left = _Left.of(net_liq, _number(required.initial.deposit), _number(required.maintenance.deposit))
    return MethodRow(
        method=str(method),
        counts=counts,
        complete=required.complete,
        initial=_money(required.initial.in_convention(convention)),
        maintenance=_money(required.maintenance.in_convention(convention)),
        deposit=_money(required.initial.deposit),
        maintenance_deposit=_money(required.maintenance.deposit),
        available_funds=_money(left.available),
        excess_liquidity=_money(left.excess),
        cushion=left.cushion,
        net_liq=_money(net_liq),
        long_cost=_money(_number(required.long_cost)),
        proceeds=_money(_number(required.proceeds)),
        binds=binds,
        words=words,
    )


# Futures by product --------------------------------------------------------------------------------------------------------


def risk_rows(required: SpanRequirement | None) -> tuple[RiskRow, ...]:
    """The combined commodities of a SPAN requirement."""
    if required is None:
        return ()
    return tuple(_risk_row(each, required) for each in required.commodities)


def _risk_row(each: CommodityRequirement, required: SpanRequirement) -> RiskRow:
    working = "; ".join(dict.fromkeys(scan.working() for scan in each.scans))
    return RiskRow(
        code=each.code,
        name=each.name,
        currency=each.currency,
        contracts=each.contracts,
        scan_risk=_money(each.scan_risk),
        active_scenario=each.active_scenario or None,
        scenario=working,
        intermonth=_money(each.intermonth),
        spot=_money(each.spot),
        intercommodity=_money(each.intercommodity),
        minimum=_money(each.minimum),
        net_value=_money(each.net_value),
        risk=_money(each.risk.maintenance),
        maintenance=_money(each.total.maintenance),
        initial=_money(each.total.initial),
        losses=tuple(_money(loss) for loss in each.losses),
        level=str(required.origin.level),
        source=required.origin.cite,
    )
