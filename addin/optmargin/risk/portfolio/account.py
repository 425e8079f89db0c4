"""Customer portfolio margin of an account: its legs in class groups, revalued at ten points, and what the groups come to."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from optmargin.core.accounts import Account
from optmargin.core.contracts import AssetClass, Right
from optmargin.core.errors import ErrorCode, Finding, MarginError, Severity
from optmargin.risk.portfolio.carry import Market, is_option
from optmargin.risk.portfolio.house import house_layer
from optmargin.risk.portfolio.house_table import HouseTable, house_table
from optmargin.risk.portfolio.offsets import combined
from optmargin.risk.portfolio.points import POINTS, points_between
from optmargin.risk.portfolio.requirement import ClassGroup, PortfolioRequirement, Stress
from optmargin.risk.portfolio.table import Membership, PortfolioTable, Range, TableInForce, portfolio_table
from optmargin.risk.portfolio.valuation import Valued, VolatilityFrom, value_legs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optmargin.core.legs import LegTable

_ORDER = {Severity.INCOMPLETE: 0, Severity.WARNING: 1, Severity.NOTE: 2}
_ROUNDING = 1e-13  # of the gains and losses that offset each other
_STEEPEST = 10.0  # a range factor above this is a percentage without its decimals


def portfolio_margin(
    book: Account | LegTable,
    as_of: dt.date,
    *,
    table: str | PortfolioTable = "occ",
    house: str | HouseTable | None = None,
    market: Market | None = None,
    ranges: Mapping[str, tuple[float, float]] | None = None,
    offsets: Mapping[str, float] | None = None,
    house_rates: Mapping[str, float] | None = None,
    stress: Stress | None = None,
    with_futures: bool = False,
    findings: Sequence[Finding] = (),
) -> PortfolioRequirement:
    """Customer portfolio margin of an account, or of a table of legs.

    Every leg needs its market price, options the price of their underlying too. The forward of each expiry is implied from
    put-call parity where a call and a put of one strike have prices, be they held, held at quantity zero, or quotes; else a
    finding says what was assumed. A leg that can't be valued leaves its class, and the total, without a figure.

    Args:
        book: an account as a reader loaded it, with its findings, or its positions; their ``account`` column isn't looked at.
        as_of: the day of the terms and of the prices, taken at the close.
        table: ranges, classes, minimum and offsets, by name or as loaded.
        house: a broker's layer on top, by name (``ibkr``) or as loaded; None leaves it out.
        market: rate, dividend yields, forwards and quotes; all may be left out.
        ranges: moves down and up, as fractions, by class or underlying: they go before the table's, and are needed for those
            whose ranges OCC sets one by one (VIX, funds on commodities, currencies and bonds).
        offsets: offsets by product or portfolio group, as fractions; they go before the table's.
        house_rates: the broker's house requirement by underlying, as fractions of its price, for the house layer.
        stress: a factor on every range and a move of the market, for what-if questions.
        with_futures: whether futures and their options join the class of their index, as in a cross-margin account. Else they
            make the account incomplete: SPAN margins them, in a segment of their own.
        findings: what is known to be wrong with the legs, beside the account's own; ``INCOMPLETE`` ones block what they name.

    Raises:
        MarginError: ``#N/A`` for a day before the table's first, or before the first rate where none is given; ``#VALUE!`` for an
            unknown table, class or group; ``#NUM!`` for a stress, range or offset that can't be meant.
    """
    legs = book.legs if isinstance(book, Account) else book
    account = book.account if isinstance(book, Account) else ""
    noticed = [*(book.findings if isinstance(book, Account) else ()), *findings]
    stress, market = stress or Stress(), market or Market()
    _check(stress, market)
    in_force = (portfolio_table(table) if isinstance(table, str) else table).on(as_of)
    layer = house_table(house) if isinstance(house, str) else house
    layer_in_force = None if layer is None else layer.on(as_of)
    given = _given_ranges(ranges or {}, in_force)
    in_force = _with_offsets(in_force, offsets or {})

    quoted = (legs.quantity == 0) & is_option(legs) & ~np.isnat(legs.expiry)
    if quoted.any():
        market = replace(market, quotes=_with_quotes(market, legs.where(quoted)))
    joining = set(in_force.futures) if with_futures else set()
    outside, more = _what_cannot_be_margined(legs, as_of, account, joining)
    noticed.extend(more)
    held = legs.where((legs.quantity != 0) & ~outside)
    valued, more = value_legs(held, as_of, market, account)
    noticed.extend(more)
    places = _places(held, in_force, given)
    noticed.extend(_without_a_range(places, account))
    noticed.extend(_assumed_range(places, account))
    noticed.extend(_assumed_stock(held, account))
    blocked = _blocked_names(noticed, in_force)
    classes = _class_groups(valued, places, in_force, stress, blocked.keys())
    there = {group.name for group in classes}
    unseen = legs.where(outside)
    classes.extend(_blocked_class(name, held, unseen) for name, held in blocked.items() if name not in there)
    classes.sort(key=lambda group: group.name)
    products, portfolios, total = combined(classes, in_force)
    layered = None
    if layer_in_force is not None:
        layered, more = house_layer(classes, valued, places, layer_in_force, stress, house_rates or {}, in_force, total)
        noticed.extend(more)
    complete = not any(each.severity is Severity.INCOMPLETE for each in noticed)
    noticed = [each if each.account else replace(each, account=account) for each in noticed]
    return PortfolioRequirement(
        account=account,
        table=in_force,
        stress=stress,
        classes=tuple(classes),
        products=products,
        portfolios=portfolios,
        tims=total if complete else math.nan,
        house=layered if layered is None or complete else layered.without_a_figure(),
        moved_profit=math.fsum(group.moved_profit for group in classes) if complete else math.nan,
        carries=valued.carries,
        complete=complete,
        findings=tuple(sorted(noticed, key=lambda each: (_ORDER[each.severity], each.line or 0))),
    )


def _places(legs: LegTable, in_force: TableInForce, given: Mapping[str, Range]) -> list[Membership]:
    """Where each leg belongs."""
    known: dict[tuple[str, AssetClass, float], Membership] = {}
    found = []
    for key in zip(legs.underlying, legs.asset_class, legs.leverage.tolist(), strict=True):
        place = known.get(key)
        if place is None:
            place = known[key] = in_force.membership(*key, given)
        found.append(place)
    return found


def _check(stress: Stress, market: Market) -> None:
    """Refuses what can't be meant, before it becomes a number that looks like one."""
    if not 0 < stress.range_factor <= _STEEPEST:
        problem = f"a range factor of {stress.range_factor:g} isn't above 0 and up to {_STEEPEST:g}"
        raise MarginError(ErrorCode.NUM, problem, "write 1.25 for ranges wider by a quarter")
    if not -1 < stress.move < _STEEPEST:
        problem = f"a move of {stress.move:g} takes prices below zero or beyond belief"
        raise MarginError(ErrorCode.NUM, problem, "write moves as fractions: -0.05 is 5 % down")
    yields = market.dividend_yield
    listed = list(yields.values()) if isinstance(yields, Mapping) else [yields]
    for name, figure in [("rate", market.rate), *(("dividend yield", each) for each in listed)]:
        if figure is not None and not -1 < figure < 1:
            raise MarginError(ErrorCode.NUM, f"a {name} of {figure:g}", "write fractions: 0.05 is 5 %")
    for (underlying, day), forward in market.forwards.items():
        if not 0 < forward < math.inf:
            problem = f"a forward of {forward:g} for {underlying} {day}"
            raise MarginError(ErrorCode.NUM, problem, "give a price above zero")


def _given_ranges(ranges: Mapping[str, tuple[float, float]], in_force: TableInForce) -> dict[str, Range]:
    given = {}
    for name, (down, up) in ranges.items():
        if not -1 < down < 0 < up < _STEEPEST:
            problem = f"the range of {name}, from {down:g} to {up:g}, isn't a move down and a move up"
            raise MarginError(ErrorCode.NUM, problem, "write fractions such as (-0.15, 0.15)")
        given[in_force.class_of(name)] = Range("given", float(down), float(up), None)
    return given


def _with_offsets(in_force: TableInForce, offsets: Mapping[str, float]) -> TableInForce:
    """The table with the caller's offsets in place of its own."""
    groups = {group.name for group in (*in_force.product_groups, *in_force.portfolio_groups)}
    for name, offset in offsets.items():
        if name not in groups:
            problem = f"there is no product or portfolio group '{name}' in table '{in_force.name}'"
            raise MarginError(ErrorCode.VALUE, problem, "known are " + ", ".join(sorted(groups)))
        if not 0 <= offset <= 1:
            raise MarginError(ErrorCode.NUM, f"an offset of {offset:g} for '{name}'", "write 0.9 for 90 %")
    changed = [
        tuple(replace(group, offset=float(offsets.get(group.name, group.offset))) for group in each)
        for each in (in_force.product_groups, in_force.portfolio_groups)
    ]
    return replace(in_force, product_groups=changed[0], portfolio_groups=changed[1])


def _with_quotes(market: Market, quoted: LegTable) -> LegTable:
    if market.quotes is None:
        return quoted
    return type(quoted).of([*market.quotes.rows(), *quoted.rows()])


def _what_cannot_be_margined(
    legs: LegTable, as_of: dt.date, account: str, joining: AbstractSet[str]
) -> tuple[NDArray[np.bool_], list[Finding]]:
    """Legs that have expired, and futures but those that join the class of their index: for these there is no figure."""
    found = []
    joins = np.array(
        [
            kind is AssetClass.FUTURE and name.upper() in joining
            for kind, name in zip(legs.asset_class, legs.underlying, strict=True)
        ],
        dtype=np.bool_,
    )
    of_future = np.array([kind is AssetClass.FUTURE for kind in legs.asset_class], dtype=np.bool_)
    is_future = ((legs.right == Right.FUTURE) | of_future) & ~joins
    expired = legs.expiry < np.datetime64(as_of, "D")
    undated = is_option(legs) & np.isnat(legs.expiry)
    outside = is_future | expired | undated
    for at in np.flatnonzero(outside & (legs.quantity != 0)):
        leg = legs.row(int(at))
        if is_future[at]:
            problem = f"{leg.name}: futures and options on them are margined by SPAN, in a segment of their own"
            remedy = "margin them apart; in a cross-margin account index futures join their class (with_futures)"
        elif undated[at]:
            problem, remedy = f"{leg.name} has no expiry", "give its day of expiry"
        else:
            problem = f"{leg.name} expired on {leg.expiry}, before the day of the prices, {as_of}"
            remedy = "leave it out, or give the day that the positions are of"
        found.append(
            Finding(Severity.INCOMPLETE, problem, remedy, line=leg.line or None, account=account, underlying=leg.underlying, expiry=leg.expiry)
        )  # fmt: skip
    return outside, found


def _without_a_range(places: Sequence[Membership], account: str) -> list[Finding]:
    """Findings about underlyings whose range the table leaves to the caller."""
    found = []
    for underlying, place in sorted({place.underlying: place for place in places if place.moves is None}.items()):
        problem = f"{underlying}: the table has no range for {place.kind}"
        if place.is_listed:
            problem = f"{underlying}: the ranges of {place.kind} are set one by one by OCC and are not in the table"
        remedy = f"give its range, as in ranges={{'{underlying}': (-0.2, 0.2)}}, from OCC's list of product groups"
        found.append(Finding(Severity.INCOMPLETE, problem, remedy, account=account, underlying=underlying))
    return found


def _assumed_stock(legs: LegTable, account: str) -> list[Finding]:
    """Notes about underlyings that the instruments table doesn't know, taken for ordinary stocks."""
    problem = "{} isn't in the instruments table: taken as an ordinary stock"
    remedy = "give asset_class in the file if it is something else"
    names = sorted(set(legs.underlying[legs.assumed].tolist()))
    return [Finding(Severity.NOTE, problem.format(name), remedy, account=account, underlying=name) for name in names]


def _assumed_range(places: Sequence[Membership], account: str) -> list[Finding]:
    """Warnings about broad indexes and funds that no class names: which of the two ranges is theirs isn't known."""
    found = []
    broad = {AssetClass.BROAD_INDEX.value.replace("_", " "), AssetClass.BROAD_ETF.value.replace("_", " ")}
    unlisted = {place.underlying: place for place in places if not place.is_listed and place.kind in broad}
    for underlying, place in sorted(unlisted.items()):
        if place.moves is None or place.moves.source is None:
            continue
        problem = (
            f"{underlying} is in no class of the table: moved by {place.moves.down:+.0%} and {place.moves.up:+.0%}"
        )
        remedy = "give its range, or add it to a class"
        found.append(Finding(Severity.WARNING, problem, remedy, account=account, underlying=underlying))
    return found


def _class_groups(
    valued: Valued, places: Sequence[Membership], in_force: TableInForce, stress: Stress, without: AbstractSet[str]
) -> list[ClassGroup]:
    """The class groups of the legs that can be margined; those of the classes ``without`` a figure have none."""
    rows: dict[str, list[int]] = {}
    for at, place in enumerate(places):
        rows.setdefault(place.class_name, []).append(at)
    factors = np.array([place.factor for place in places], dtype=np.float64)
    points, ten = np.full((len(places), POINTS), np.nan), {}
    for name, mine in rows.items():
        moves = places[mine[0]].moves
        ten[name] = (
            np.full(POINTS, np.nan)
            if moves is None  # and no price falls below zero, however wide a stress makes the range
            else np.maximum(stress.range_factor * points_between(moves.down, moves.up), -1.0)
        )
        points[mine] = ten[name]
    moved = np.maximum(1.0 + factors * stress.move, 0.0) if stress.move else np.ones(len(places))
    after = moved[:, np.newaxis] * np.maximum(1.0 + factors[:, np.newaxis] * points, 0.0) - 1.0
    shares, base = valued.shares, valued.base()
    start = base if not stress.move else valued.values(moved[:, np.newaxis] - 1.0)[:, 0]
    profit = shares[:, np.newaxis] * (valued.values(after) - start[:, np.newaxis]) + 0.0
    moved_profit = shares * (start - base) + 0.0
    least = _minimums(valued, start, in_force)
    option = is_option(valued.legs)
    groups = []
    for name, each in sorted(rows.items()):
        chosen, place = np.array(each, dtype=np.intp), places[each[0]]
        blocked = name in without or place.moves is None or not valued.known[chosen].all()
        total = _netted(profit[chosen])
        minimum = math.fsum(least[chosen].tolist()) + 0.0
        requirement = math.nan if blocked else max(0.0, -float(total.min()), minimum)
        cite = "no range" if place.moves is None else place.moves.cite
        groups.append(
            ClassGroup(
                name=name,
                underlyings=tuple(sorted(set(valued.legs.underlying[chosen].tolist()))),
                moves=place.moves,
                points=ten[name],
                profit=total,
                minimum=minimum,
                requirement=requirement,
                rows=valued.legs.where(chosen),
                factors=factors[chosen],
                volatilities=np.where(option[chosen], valued.volatility[chosen], np.nan),
                volatilities_from=valued.volatility_from[chosen],
                bases=start[chosen],
                profits=profit[chosen],
                minimums=least[chosen],
                moved_profit=math.fsum(moved_profit[chosen].tolist()) + 0.0,
                blocked=blocked,
                source=(f"{in_force.name}: {cite}", f"{in_force.name}: {in_force.minimum.source.cite}"),
            )
        )
    return groups


def _netted(profit: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sum over legs at each point, USD, shape (10,); what is left of gains and losses by rounding alone is zero."""
    total = np.array([math.fsum(column) for column in profit.T.tolist()])
    return np.where(np.abs(total) <= _ROUNDING * np.abs(profit).sum(axis=0), 0.0, total)


def _minimums(valued: Valued, worth: NDArray[np.float64], in_force: TableInForce) -> NDArray[np.float64]:
    """Each leg's share of the minimum, USD: long and short contracts of one option net first, so that a flat book has none."""
    legs, terms = valued.legs, in_force.minimum
    least = np.zeros(len(legs))
    option = np.flatnonzero(is_option(legs))
    days = legs.expiry.astype(object)
    net: dict[tuple[object, ...], float] = {}
    keys = []
    for at in option.tolist():
        key = (legs.root[at], legs.underlying[at], days[at], legs.strike[at], legs.right[at], legs.multiplier[at],
               legs.settlement[at], legs.style[at])  # fmt: skip
        keys.append(key)
        net[key] = net.get(key, 0.0) + float(legs.quantity[at])
    side = np.sign([net[key] for key in keys])
    per_share = np.full(len(option), terms.per_share)
    if terms.long_capped_at_value:
        value = np.where(np.isnan(worth[option]), terms.per_share, worth[option])
        per_share = np.where(side > 0, np.minimum(per_share, value), per_share)
    least[option] = per_share * legs.multiplier[option] * legs.quantity[option] * side
    return least


def _blocked_names(noticed: Sequence[Finding], in_force: TableInForce) -> dict[str, str]:
    """The classes that findings leave without a figure, each with the underlying that a finding names."""
    names = {each.underlying for each in noticed if each.severity is Severity.INCOMPLETE and each.underlying}
    places = {name: in_force.classes.get(name) for name in names}
    return {name if place is None else place.class_name: name for name, place in sorted(places.items())}


def _blocked_class(name: str, underlying: str, legs: LegTable) -> ClassGroup:
    """A class group without any figure."""
    rows, ten = legs.where(legs.underlying == underlying), np.full(POINTS, np.nan)
    each = np.full(len(rows), np.nan)
    return ClassGroup(
        name=name,
        underlyings=(underlying,),
        moves=None,
        points=ten,
        profit=ten,
        minimum=math.nan,
        requirement=math.nan,
        rows=rows,
        factors=each,
        volatilities=each,
        volatilities_from=np.full(len(rows), VolatilityFrom.UNKNOWN, dtype=np.int8),
        bases=each,
        profits=np.full((len(rows), POINTS), np.nan),
        minimums=each,
        moved_profit=0.0,
        blocked=True,
        source=("", ""),
    )
