"""Invented margin reports for the tests of the workbook: records made by hand, no margin computed."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from optmargin.core.errors import Finding, Severity
from optmargin.report.records import AccountFigures, ExpiryRow, MarginReport, PositionRow, StressRow, WorkingRow

AS_OF = dt.date(2022, 12, 19)
FIRST, SECOND = dt.date(2022, 12, 23), dt.date(2022, 12, 30)
SOURCE = "ibkr: Regulation T margin, options (2024-01-02)"


def expiry_row(
    expiry: dt.date | None, put_side: float, call_side: float, remaining: float, underlying: str = "SPX"
) -> ExpiryRow:
    requirement = max(put_side, call_side)
    return ExpiryRow(
        underlying=underlying, expiry=expiry, settlement="pm", days=None if expiry is None else (expiry - AS_OF).days,
        put_side=put_side, call_side=call_side, requirement=requirement, maintenance=requirement, max_loss=requirement,
        worst_price=0.0 if put_side >= call_side else 3985.0, slots_used=requirement / 500,
        free_put_slots=int((requirement - put_side) // 500), free_call_slots=int((requirement - call_side) // 500),
        released=requirement, remaining=remaining,
    )  # fmt: skip


def position(line: int, right: str, strike: float, expiry: dt.date, quantity: float, price: float) -> PositionRow:
    return PositionRow(
        line=line, underlying="SPX", root="SPXW", right=right, strike=strike, expiry=expiry, days=(expiry - AS_OF).days,
        quantity=quantity, price=price, multiplier=100, value=quantity * price * 100, spot=3852.36, asset_class="broad_index",
        style="european", leverage=1.0,
    )  # fmt: skip


def working(expiry: dt.date | None, label: str, amount: float, underlying: str = "SPX") -> WorkingRow:
    return WorkingRow(
        underlying, expiry, "covered legs", label, "worst settlement loss of 5 short and 5 long, at 0: 5.00 x 100 x 5 = 2,500.00",
        amount, amount, SOURCE,
    )  # fmt: skip


STRESS_WORDS = (
    "Option marks after a move are an assumption: intrinsic value at the moved price plus today's time value."
)


def stress_row(move: int, net_liq: float) -> StressRow:
    """By hand: the seed's spreads lose their width where they are in the money; cash and requirement stay."""
    cushion = 96_125.0 / net_liq if net_liq > 0 else None
    return StressRow(move / 100, 5_000.0, 5_000.0, net_liq, 96_125.0, 96_125.0, cushion)


def seed() -> MarginReport:
    """The account of the first seed: five $5 put spreads in one expiry, five call spreads in the next."""
    figures = AccountFigures(
        net_liq=100_000.0, cash=101_125.0, stock_value=0.0, option_value=-1_125.0, equity_with_loan=101_125.0, initial=5_000.0,
        maintenance=5_000.0, long_cost=3_250.0, proceeds=4_375.0, deposit=3_875.0, available_funds=96_125.0,
        excess_liquidity=96_125.0, cushion=0.96125, buying_power=384_500.0, leverage=0.07625, slot_width=5.0, slots=200,
        slots_used=10.0, gross=8_250.0, margin_field=5_000.0,
    )  # fmt: skip
    return MarginReport(
        account="U1234567", as_of=AS_OF, file="ibkr_flex_activity.xml", layout="IBKR Flex Query XML", book="ibkr",
        book_title="Interactive Brokers, Regulation T margin", convention="field", account_type="margin", complete=True, figures=figures,
        expiries=(expiry_row(FIRST, 2_500.0, 0.0, 2_500.0), expiry_row(SECOND, 0.0, 2_500.0, 0.0)),
        positions=(
            position(14, "put", 3800.0, FIRST, -5, 4.80), position(15, "put", 3795.0, FIRST, 5, 3.60),
            position(16, "call", 3980.0, SECOND, -5, 3.95), position(17, "call", 3985.0, SECOND, 5, 2.90),
        ),
        working=(
            working(FIRST, "SPX 2022-12-23 3795/3800 put spread x 5", 2_500.0),
            working(SECOND, "SPX 2022-12-30 3980/3985 call spread x 5", 2_500.0),
        ),
        findings=(Finding(Severity.NOTE, "the price of SPX was taken from the file: 3,852.36", "", "ibkr_flex_activity.xml", 14, "U1234567", "SPX"),),
        stress=tuple(stress_row(move, 100_000.0 if move == 0 else 97_500.0) for move in range(-20, 21, 5)),
        stress_words=STRESS_WORDS,
    )  # fmt: skip


def incomplete() -> MarginReport:
    """The same with one group that has no requirement; the record's totals are None, as they must be."""
    whole = seed()
    figures = replace(
        whole.figures, initial=None, maintenance=None, deposit=None, available_funds=None, excess_liquidity=None, cushion=None,
        buying_power=None, slots_used=None, proceeds=None, gross=None, margin_field=None,
    )  # fmt: skip
    blocked = replace(
        whole.expiries[1], put_side=None, call_side=None, requirement=None, maintenance=None, max_loss=None, worst_price=None,
        slots_used=None, free_put_slots=None, free_call_slots=None, released=None, remaining=None,
    )  # fmt: skip
    findings = (
        Finding(
            Severity.INCOMPLETE, "expiry '30-Feb-2022' is not a date", "write YYYY-MM-DD. Row left out: SPX has no requirement there",
            "positions.csv", 16, "U1234567", "SPX", SECOND,
        ),
        Finding(Severity.INCOMPLETE, "VPHM has no price", "add a column spot, or --spot VPHM=17.40", "positions.csv", 19, "U1234567", "VPHM"),
        Finding(Severity.WARNING, "root ZZZ isn't in the instruments table: taken for an equity with multiplier 100", "", "positions.csv", 21),
        Finding(Severity.NOTE, "the price of SPX was taken from the file: 3,852.36", "", "positions.csv", 14),
        Finding(Severity.NOTE, "2 rows of quantity zero were left out", "", "positions.csv"),
    )  # fmt: skip
    lines = (whole.working[0], replace(whole.working[1], amount=None, maintenance=None, working="missing: a price"))
    return replace(
        whole, complete=False, figures=figures, expiries=(whole.expiries[0], blocked), working=lines, findings=findings,
        stress=(), stress_words="No stress: the requirement is incomplete",
    )  # fmt: skip


def without_net_liq() -> MarginReport:
    """The same from a file of positions only."""
    whole = seed()
    figures = replace(
        whole.figures, net_liq=None, cash=None, stock_value=None, option_value=None, equity_with_loan=None, available_funds=None,
        excess_liquidity=None, cushion=None, buying_power=None, leverage=None, slots=None,
    )  # fmt: skip
    return replace(whole, figures=figures, file="positions.csv", layout="optmargin positions CSV")


def empty() -> MarginReport:
    """An account that holds cash only."""
    whole = seed()
    figures = replace(
        whole.figures, cash=100_000.0, option_value=0.0, equity_with_loan=100_000.0, initial=0.0, maintenance=0.0, long_cost=0.0,
        proceeds=0.0, deposit=0.0, available_funds=100_000.0, excess_liquidity=100_000.0, cushion=1.0, buying_power=400_000.0,
        leverage=0.0, slots_used=0.0, gross=0.0, margin_field=0.0,
    )  # fmt: skip
    return replace(whole, figures=figures, expiries=(), positions=(), working=(), findings=())


def many(count: int = 30) -> MarginReport:
    """A book of ``count`` expiries, of which the puts and the calls take turns to be the heavier side."""
    whole = seed()
    days = [AS_OF + dt.timedelta(days=4 + 7 * number) for number in range(count)]
    sides = [(2_500.0 + 500 * (number % 5), 1_500.0 + 700 * (number % 4)) for number in range(count)]
    total = sum(max(side) for side in sides)
    rows, left = [], total
    for day, (put_side, call_side) in zip(days, sides, strict=True):
        left -= max(put_side, call_side)
        rows.append(expiry_row(day, put_side, call_side, left))
    net_liq = 100_000.0 + 5_000 * count
    excess = net_liq - total + 1_125.0
    figures = replace(
        whole.figures, net_liq=net_liq, cash=net_liq + 1_125, equity_with_loan=net_liq + 1_125, initial=total, maintenance=total,
        deposit=total - 1_125.0, available_funds=excess, excess_liquidity=excess, cushion=excess / net_liq, buying_power=4 * excess,
        leverage=None, slots=int(net_liq // 500), slots_used=total / 500, gross=total + 3_250.0, margin_field=total,
    )  # fmt: skip
    legs = [
        position(10 + 4 * number + at, "put" if at < 2 else "call", 3800.0 + 5 * at + number / 2, day, quantity, 3.15)
        for number, day in enumerate(days)
        for at, quantity in enumerate((5, -5, -3, 3))
    ]
    lines = [working(day, f"SPX {day} condor", max(side)) for day, side in zip(days, sides, strict=True)]
    return replace(whole, figures=figures, expiries=tuple(rows), positions=tuple(legs), working=tuple(lines))


HOSTILE = (
    "=HYPERLINK(\"http://example.invalid\",\"x\")", "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1+1", "#N/A", "#REF!", "TRUE", "1E5",
    "bell\x07 and \ud800 end", "]]>&<b>\"'", "'quoted", "{=1}", "％ × — Ωмега",
)  # fmt: skip


def hostile() -> MarginReport:
    """A file whose every text tries to be something else."""
    whole = seed()
    return replace(
        whole,
        account=HOSTILE[0],
        file=HOSTILE[1],
        layout=HOSTILE[3],
        book_title="=1/0",
        positions=tuple(
            replace(whole.positions[0], line=line, underlying=text, root=text, style=text)
            for line, text in enumerate(HOSTILE)
        ),
        working=tuple(replace(row, label=HOSTILE[0], working=HOSTILE[5], source="x" * 40_000) for row in whole.working),
        findings=tuple(Finding(Severity.WARNING, text, text, text) for text in HOSTILE),
    )
