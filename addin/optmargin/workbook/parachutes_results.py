"""What the levels of a campaign come to, each in a named cell: what fits, what is worth deploying, ruin, average, growth."""

from __future__ import annotations

from dataclasses import dataclass

from optmargin.workbook import styles
from optmargin.workbook.parachutes_levels import NONE, Grid

FINE_WORDS = "The yellow cells make sense; every figure follows from them."
PROBABILITY, GROWTH = "0.00##\\ %", "0.000\\ %"


@dataclass(frozen=True, slots=True)
class Result:
    """One named figure.

    Attributes:
        name: of its cell.
        label: for people.
        formula: live.
        form: its number format.
    """

    name: str
    label: str
    formula: str
    form: str = "General"


def guarded(condition: str, text: str) -> str:
    """A formula that has a figure only where something holds."""
    return f'=IF({condition},{text},"{NONE}")'


def results(grid: Grid) -> tuple[Result, ...]:
    """The results that need no search, in the order in which they are understood; names bear the grid's prefix."""
    n, of = grid.name, grid.of
    good, deploy = grid.all("good", away=True), grid.all("deploy", away=True)
    plan, odds, last = n("plan_ok"), n("has_odds"), n("last_level")
    ruin, ruin_fair = n("ruin"), n("ruin_fair")
    loss, gain = f"(-{of('stop', last)}/{n('start')})", f"({of('cash', '0')}/{n('start')})"
    fits = n("fits")
    replaces = f'OR({n("reading")}="replace",{n("planned")}=0)' if grid.choices else "1"
    found = (
        Result("has_odds", "Odds can be told", f"=IF({plan},IF({replaces},1,0),0)"),
        Result("fits", "Parachutes that fit", guarded(plan, f"SUM({grid.all('fit', away=True)})-1"), styles.COUNT),
        Result(
            "fits_at_least",
            "More may fit",
            f"=IF({plan},IF({fits}<0,0,IF({fits}={grid.most},1,1-INDEX({good},{fits}+2))),0)",
        ),
        Result("last_level", "Last planned level that fits", guarded(plan, f"MAX(0,MIN({fits},{n('planned')}))"), styles.COUNT),
        Result("worth", "Parachutes worth deploying", guarded(odds, f"MATCH(0,{deploy},0)-1"), styles.COUNT),
        Result("last_stop", "When the last one fails: bought out", guarded(plan, of("stop", last)), styles.MONEY),
        Result("last_worst", "When the last one fails: at worst", guarded(plan, of("worst", last)), styles.MONEY),
        Result("ruin", "Chance that the last one fails", guarded(plan, f"{of('reach', last)}*{of('assailed', last)}"), PROBABILITY),
        Result("ruin_fair", "The same, at fair prices", guarded(plan, f"{of('reach_fair', last)}*{of('fair', last)}"), PROBABILITY),
        Result("one_in", "Once in so many campaigns", guarded(plan, f'IF({ruin}>0,1/{ruin},"{NONE}")'), "#,##0.0"),
        Result("one_in_fair", "Once in so many, at fair prices", guarded(plan, f'IF({ruin_fair}>0,1/{ruin_fair},"{NONE}")'), "#,##0.0"),
        Result(
            "to_recover",
            "Winning campaigns that make good one buy-out",
            guarded(plan, f'IF(AND({loss}>0,{loss}<1,{gain}>0),-LN(1-{loss})/LN(1+{gain}),"{NONE}")'),
            "#,##0.0",
        ),
        Result("written_share", "Share of the account written", guarded(plan, f"{n('slots')}*{n('width')}*{n('multiplier')}/{n('start')}"), PROBABILITY),
        Result("mean", "Average P&L of a campaign", guarded(odds, f"SUM({grid.all('expected', away=True)})"), styles.MONEY),
    )  # fmt: skip
    return found if not grid.choices else (*found, *_more(grid))


def _more(grid: Grid) -> tuple[Result, ...]:
    """Results that the workbook has and the report has no use for."""
    n, of = grid.name, grid.of
    odds, ruin = n("has_odds"), n("ruin")
    planned = f"({_levels(grid)}<={n('planned')})"
    win, reach = grid.all("win", away=True), grid.all("reach", away=True)
    cash, worst = (grid.all(f"unit_{each}", away=True) for each in ("cash", "worst"))
    lost = f"{of('reach', n('planned'))}*{of('assailed', n('planned'))}"
    square = (
        f"SUMPRODUCT({planned}*{win}*{cash}*{cash})+{n('gap')}*SUMPRODUCT({planned}*{reach}*{worst}*{worst})"
        f"+{lost}*{of('unit_stop', n('planned'))}^2"
    )
    written = f"({n('slots')}*{n('width')}*{n('multiplier')})"
    share = n("written_share")
    return (
        Result(
            "ruin_within",
            "Chance of at least one within the campaigns",
            guarded(n("plan_ok"), f"IF({ruin}>=1,1,1-(1-{ruin})^{n('campaigns')})"),
            PROBABILITY,
        ),
        Result(
            "sd",
            "Standard deviation",
            guarded(odds, f"{written}*SQRT(MAX(0,{square}-({n('mean')}/{written})^2))"),
            styles.MONEY,
        ),
        Result(
            "levels_visited",
            "Levels that a campaign visits on average",
            guarded(n("plan_ok"), f"SUMPRODUCT({planned}*{reach})"),
            "0.000",
        ),
        Result(
            "plan_growth",
            "Growth of the account per campaign (natural logarithm)",
            guarded(odds, growth_at(grid, share, n("planned"))),
            GROWTH,
        ),
        Result(
            "half_again",
            "Chance ever to fall to half, at the wanted multiple of Kelly",
            guarded(n("plan_ok"), f"IF({n('kelly_multiple')}>0,0.5^MAX(2/{n('kelly_multiple')}-1,0),0)"),
            PROBABILITY,
        ),
    )


def _levels(grid: Grid) -> str:
    """The numbers of the levels."""
    return grid.all("level", away=True)


def least_outcome(grid: Grid, parachutes: str) -> str:
    """The worst outcome that can happen, per dollar of margin written; a part of formulas."""
    upto = f"({_levels(grid)}<={parachutes})"
    win, cash, worst = (grid.all(each, away=True) for each in ("win", "unit_cash", "unit_worst"))
    lost = f"{grid.of('reach', parachutes)}*{grid.of('assailed', parachutes)}"
    return (
        f"MIN(SUMPRODUCT(MIN({upto}*({win}>0)*{cash})),"
        f"IF({grid.name('gap')}>0,SUMPRODUCT(MIN({upto}*({grid.all('reach', away=True)}>0)*{worst})),0),"
        f"IF({lost}>0,{grid.of('unit_stop', parachutes)},0))"
    )


def _sum_over(grid: Grid, share: str, parachutes: str, each: str) -> str:
    """The sum over what may happen of its chance times a function of its outcome; ``{x}`` is the outcome, ``{y}`` the share."""
    upto = f"({_levels(grid)}<={parachutes})"
    win, reach, gap = grid.all("win", away=True), grid.all("reach", away=True), grid.name("gap")
    lost = f"{grid.of('reach', parachutes)}*{grid.of('assailed', parachutes)}"
    won = each.format(x=f"({grid.all('unit_cash', away=True)}*{upto}*({win}>0))", y=share)
    gone = each.format(x=f"({grid.all('unit_worst', away=True)}*{upto}*({gap}>0))", y=share)
    failed = each.format(x=f"({grid.of('unit_stop', parachutes)}*({lost}>0))", y=share)
    return f"SUMPRODUCT({upto}*{win}*{won})+{gap}*SUMPRODUCT({upto}*{reach}*{gone})+{lost}*{failed}"


def growth_at(grid: Grid, share: str, parachutes: str) -> str:
    """The growth of the account per campaign, natural logarithm; a word where it may be lost."""
    lost = f"1+{share}*{least_outcome(grid, parachutes)}<=0"
    return f'IF({lost},"lost",{_sum_over(grid, share, parachutes, "LN(1+{y}*{x})")})'


def slope_at(grid: Grid, share: str, parachutes: str) -> str:
    """How fast growth rises with the share written."""
    return _sum_over(grid, share, parachutes, "({x}/(1+{y}*{x}))")


def mean_of(grid: Grid, parachutes: str) -> str:
    """The average outcome per dollar of margin written."""
    return _sum_over(grid, "0", parachutes, "{x}")


def size_of_outcomes(grid: Grid, parachutes: str) -> str:
    """How large outcomes are on average, per dollar of margin written; beside it a mean may be nothing but rounding."""
    return _sum_over(grid, "0", parachutes, "ABS({x})")


def fair_growth_at(grid: Grid, share: str, parachutes: str) -> str:
    """The same growth at fair prices."""
    upto = f"({_levels(grid)}<={parachutes})"
    reach, fair, cash = (grid.all(each, away=True) for each in ("reach_fair", "fair", "unit_cash"))
    lost = f"{grid.of('reach_fair', parachutes)}*{grid.of('fair', parachutes)}"
    stop = grid.of("unit_stop", parachutes)
    won = f"SUMPRODUCT({upto}*{reach}*(1-{fair})*LN(1+{share}*{cash}*{upto}))"
    return f'IF(1+{share}*{stop}<=0,"lost",{won}+{lost}*LN(1+{share}*{stop}))'


def edge_terms(grid: Grid, edge: str, share: str, each: str) -> str:
    """The sum over the outcomes of the plan at fair odds less an edge, of chance times a function of the outcome."""
    last = grid.name("planned")
    levels, upto = _levels(grid), f"({_levels(grid)}<={last})"
    reach, fair, cash = (grid.all(figure, away=True) for figure in ("reach_fair", "fair", "unit_cash"))
    won = each.format(x=f"({cash}*{upto})", y=share)
    failed = each.format(x=grid.of("unit_stop", last), y=share)
    kept = f"(1-{edge})"
    return (
        f"SUMPRODUCT({upto}*{reach}*{kept}^({levels}*{upto})*(1-{fair}*{kept})*{won})"
        f"+{grid.of('reach_fair', last)}*{grid.of('fair', last)}*{kept}^({last}+1)*{failed}"
    )
