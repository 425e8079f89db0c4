"""``optmargin parachutes``: the ledger of a campaign, what fits, what is worth deploying, and what the last one costs when it fails."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from optmargin.core.contracts import Right
    from optmargin.hosts.terminal.parachutes_book import Book
    from optmargin.sizing.parachutes.assessment import Assessment, Question
    from optmargin.sizing.parachutes.campaign import Campaign
    from optmargin.sizing.parachutes.ledger import Holder, MarginAt

WRITTEN = "1/32"  # the seed's share of the account
_WIDEST = 250  # columns of a table


# Reading what was typed ----------------------------------------------------------------------------------------------------------


def _number(text: str | None, name: str, *, percent: bool = False) -> float | None:
    from optmargin.core.errors import ErrorCode, MarginError
    from optmargin.core.values import number

    if text is None:
        return None
    found = number(text, name, percent=percent)
    if found is None:
        raise MarginError(ErrorCode.VALUE, f"{name} holds a blank", "give a number")
    return found


def _numbers(text: str | None, name: str, *, percent: bool = False) -> list[float]:
    """A number, or one for each level: ``2.50`` or ``2.50,2.50,2.60``."""
    found = [_number(part, name, percent=percent) for part in text.split(",")] if text is not None else []
    return [each for each in found if each is not None]


def _share(text: str) -> Fraction:
    """A share of the account: ``1/32``, ``0.03``, ``3 %``."""
    from optmargin.core.errors import ErrorCode, MarginError
    from optmargin.sizing.parachutes.exact import exact

    above, stroke, below = text.partition("/")
    share = exact(_number(above, "--write", percent=not stroke) or 0.0)
    if stroke:
        parts = exact(_number(below, "--write") or 0.0)
        share = share / parts if parts else Fraction(0)
    if not 0 < share <= 1:
        raise MarginError(ErrorCode.NUM, f"--write is {text}", "it must be above 0 and at most 1, such as 1/32")
    return share


def _slots(options: dict[str, Any], net_liq: float) -> int:
    """Slots of the first position: as said, else the share written in whole slots."""
    from optmargin.core.errors import ErrorCode, MarginError
    from optmargin.core.money import dollars
    from optmargin.sizing.parachutes.exact import exact

    said = _number(options["slots"], "--slots")
    if said is not None:
        if said != round(said) or said < 1:
            raise MarginError(ErrorCode.NUM, f"--slots is {said:g}", "it must be a whole number, 1 or more")
        return int(said)
    slot = exact(options["width"]) * exact(options["multiplier"])
    if slot <= 0:
        raise MarginError(ErrorCode.NUM, "--width or --multiplier isn't above 0", "give both")
    whole = math.floor(_share(options["write"]) * exact(net_liq) / slot)
    if whole < 1:
        problem = f"{options['write']} of {dollars(net_liq)} is less than one slot of {dollars(float(slot))}"
        raise MarginError(ErrorCode.NUM, problem, "write a larger share, or say --slots")
    return whole


def _question(options: dict[str, Any], net_liq: float, book: Book | None) -> Question:
    from optmargin.core.contracts import parse_right
    from optmargin.core.errors import ErrorCode, MarginError
    from optmargin.sizing.parachutes.assessment import Question
    from optmargin.sizing.parachutes.chain import Final
    from optmargin.sizing.parachutes.geometry import Reading

    held = _number(options["hold"], "--hold", percent=True)
    question = Question(
        slots=book.held_slots if book is not None and book.held_slots else _slots(options, net_liq),
        credits=_numbers(options["credit"], "--credit"),
        buybacks=_numbers(options["buyback"], "--buyback"),
        parachutes=options["parachutes"],
        width=options["width"],
        multiplier=options["multiplier"],
        multiple=options["multiple"],
        reading=Reading(options["reading"]),
        fee=options["fee"],
        roll_debit=options["roll_debit"],
        edge=_number(options["edge"], "--edge", percent=True) or 0.0,
        probabilities=_numbers(options["probability"], "--probability", percent=True),
        deltas=_numbers(options["delta"], "--delta", percent=True),
        gaps=_numbers(options["gap"], "--gap", percent=True) or (0,),
        final=Final.STOP if held is None else Final.HOLD,
        full_loss=1 if held is None else held,
        kelly_multiple=options["kelly"],
        horizon=options["campaigns"],
    )
    right = book.like.right if book is not None else parse_right(options["right"])
    if not right.is_option:
        raise MarginError(ErrorCode.VALUE, f"--right is {options['right']}", "write call or put")
    return _with_strikes(question, options, right, book)


def _wanted(value: float | None, name: str) -> float:
    """A number above zero that suggested strikes can't do without."""
    from optmargin.core.errors import ErrorCode, MarginError

    if value is None:
        raise MarginError(ErrorCode.MISSING, f"strikes need {name}", f"give {name}, or leave --volatility out")
    if not value > 0:
        raise MarginError(ErrorCode.NUM, f"{name} is {value:g}", "it must be greater than 0")
    return value


def _with_strikes(question: Question, options: dict[str, Any], right: Right, book: Book | None) -> Question:
    """The question with suggested strikes, and the odds of a touch if wanted, where spot, volatility and days are known."""
    from dataclasses import replace

    from optmargin.core.errors import ErrorCode, MarginError
    from optmargin.sizing.parachutes.prices import touch
    from optmargin.sizing.parachutes.sides import Roll
    from optmargin.sizing.parachutes.strikes import ladder

    spot, days = _number(options["spot"], "--spot"), _number(options["days"], "--days")
    volatility = _number(options["volatility"], "--volatility", percent=True)
    if book is not None:
        spot, days = book.spot if spot is None else spot, book.days if days is None else days
    first = book.like.strike if book is not None else _number(options["strike"], "--strike")
    if volatility is None:
        if options["touch"]:
            raise MarginError(ErrorCode.MISSING, "--touch needs the volatility", "give --volatility, --spot and --days")
        return question
    spot, volatility, days = _wanted(spot, "--spot"), _wanted(volatility, "--volatility"), _wanted(days, "--days")
    found = ladder(
        [float(each.credit) for each in question.campaign().sets],
        volatility,
        days,
        float(question.width),
        spot=spot,
        first=first,
        right=right,
        step=options["strike_step"],
        is_out=Roll(options["roll"]) is Roll.OUT,
    )
    question = replace(question, strikes=found)
    if not options["touch"]:
        return question
    touched = [float(touch(each.spot, each.short_strike, volatility, each.days_left)) for each in found]
    return replace(question, probabilities=touched)


# The command -------------------------------------------------------------------------------------------------------------------


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--net-liq", metavar="USD", help="Net liquidation value before the first position; else FILE's.")
@click.option(
    "--credit", required=True, metavar="PRICE", help="Credit of the first position; or of each level: 1,1.25,1.25."
)
@click.option(
    "--buyback",
    required=True,
    metavar="PRICE",
    help="Price at which an assailed spread is bought out; or of each level.",
)
@click.option("--slots", metavar="N", help="Slots of the first position; else --write of the account.")
@click.option(
    "--write",
    default=WRITTEN,
    show_default=True,
    metavar="SHARE",
    help="Share of the account that is written at first.",
)
@click.option("--parachutes", default=5, show_default=True, help="How many are planned.")
@click.option("--width", default=5.0, show_default=True, help="Width of a spread, USD per share.")
@click.option("--multiplier", default=100.0, show_default=True, help="Shares per contract; 50 for ES.")
@click.option(
    "--multiple", default=2.0, show_default=True, help="Times the slots of each parachute; 1 is a roll out in time."
)
@click.option(
    "--reading",
    default="replace",
    show_default=True,
    type=click.Choice(["replace", "double", "accumulate"]),
    help="What becomes of the old position.",
)
@click.option("--fee", default=0.0, show_default=True, help="USD per leg and contract.")
@click.option(
    "--roll-debit", default=0.0, show_default=True, help="What each roll falls short of neutral, per slot bought out."
)
@click.option(
    "--cushion", default="0", show_default=True, metavar="SHARE", help="Excess liquidity to keep, as a share."
)
@click.option("--other-margin", metavar="USD", help="Margin of other positions.")
@click.option(
    "--other-side", default=0, show_default=True, help="Spreads on the other side of the expiry, riding free."
)
@click.option(
    "--roll",
    default="away",
    show_default=True,
    type=click.Choice(["away", "out"]),
    help="Where parachutes open: same expiry, or a later one.",
)
@click.option(
    "--edge", metavar="SHARE", help="How much less often each level is assailed than its prices say; 0 is fair."
)
@click.option(
    "--probability", metavar="P", help="Probability of each level to be assailed, instead of credit over buy-back."
)
@click.option("--delta", metavar="D", help="Delta of each level's short option: assailed with twice that probability.")
@click.option("--touch", is_flag=True, help="Probabilities by Black-Scholes first passage; needs --volatility.")
@click.option("--gap", metavar="P", help="Probability of each level to jump through the whole spread.")
@click.option(
    "--hold", metavar="P", help="Hold an assailed last level to expiry, where it loses its width with probability P."
)
@click.option("--kelly", default=0.5, show_default=True, help="Multiple of Kelly that is wanted.")
@click.option("--campaigns", default=52, show_default=True, help="Campaigns over which ruin is told.")
@click.option("--spot", metavar="PRICE", help="Price of the underlying, for strikes.")
@click.option("--volatility", metavar="SHARE", help="Per year (0.15 or 15 %), for strikes.")
@click.option("--days", metavar="N", help="Calendar days to expiry, for strikes.")
@click.option("--right", default="put", show_default=True, help="Side of the position.")
@click.option(
    "--strike", metavar="PRICE", help="Short strike of the first position; else that which sells for --credit."
)
@click.option("--strike-step", default=0.0, show_default=True, help="Step between listed strikes.")
@click.option(
    "--short",
    metavar="OPTION",
    help='With FILE: the first short option, "SPXW 2022-12-23 3800 put"; the free side then counts.',
)
@click.option("--held", is_flag=True, help="With --short: that spread is among FILE's positions already.")
@click.option(
    "--move", metavar="POINTS", help="With --short and no volatility: how far each roll moves [three widths]."
)
@click.option(
    "--out-days", default=7, show_default=True, help="With --short and --roll out: days from expiry to expiry."
)
@click.option("--account", help="With FILE: which account, where it holds several.")
@click.option("--book", default="ibkr", show_default=True, help="With FILE: the rule book.")
@click.option("--as-of", metavar="DATE", help="With FILE: the day (YYYY-MM-DD); else the file's own, else today.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON (addin/docs/json.md) instead of tables.")
def parachutes(file: Path | None, *, as_json: bool, **options: Any) -> None:
    """What parachutes do to an account: the ledger level by level, what fits, what is worth it, what the last one costs.

    An assailed position is bought out and sold again farther away, --multiple times as large. Probabilities are credit over
    buy-back, which is fair, unless said otherwise. With FILE (a broker's positions) the account's own net liq and margin count.
    """
    from optmargin.sizing.parachutes.assessment import assess, edges_needed
    from optmargin.sizing.parachutes.public import public
    from optmargin.sizing.parachutes.words import edges_in_words, in_words

    options["cushion"] = _number(options["cushion"], "--cushion", percent=True)
    question, holder, margin_of, notes = _asked(file, options)
    found = assess(question, holder, margin_of)
    sentences = in_words(found)
    edges = edges_needed(found) if found.fits >= 0 else None
    if edges is not None:
        sentences.append(edges_in_words(found, edges))
    if as_json:
        click.echo(json.dumps({**public(found, sentences), "notes": notes}, indent=2, ensure_ascii=False))
    else:
        show(found, sentences, notes)


def _asked(
    file: Path | None, options: dict[str, Any]
) -> tuple[Question, Holder, Callable[[Campaign], MarginAt] | None, list[str]]:
    """The question, the account, what makes its margins, and what is worth noting."""
    from optmargin.core.errors import ErrorCode, MarginError
    from optmargin.sizing.parachutes.ledger import Holder
    from optmargin.sizing.parachutes.sides import Roll, margin_with_other_side

    said = _number(options["net_liq"], "--net-liq")
    others = _number(options["other_margin"], "--other-margin")
    if file is not None:
        from optmargin.hosts.terminal.parachutes_book import account_of

        return account_of(file, options, said, others, _question)
    for name in ("short", "account", "as_of"):
        if options[name] is not None:
            option = f"--{name.replace('_', '-')}"
            raise MarginError(ErrorCode.VALUE, f"{option} is given without a FILE", "name the file of the positions")
    if said is None:
        raise MarginError(
            ErrorCode.MISSING, "the net liq isn't known", "give --net-liq 100000, or a FILE that states it"
        )
    question = _question(options, said, None)
    holder = Holder(said, other_margin=others or 0.0, cushion=options["cushion"])
    roll, other_side = Roll(options["roll"]), options["other_side"]
    if not other_side and roll is Roll.AWAY:
        return question, holder, None, []
    notes = []
    if roll is Roll.OUT and other_side:
        notes.append(
            "Rolled out in time, the side that stays behind no longer rides free: both are paid for from level 1 on."
        )

    def margin_of(campaign: Campaign) -> MarginAt:
        return margin_with_other_side(campaign, other_side, roll, others or 0.0)

    return question, holder, margin_of, notes


# On a terminal -----------------------------------------------------------------------------------------------------------------


def show(found: Assessment, sentences: list[str], notes: list[str]) -> None:
    """The ledger in two tables, what stands and how it may end; then what it means in words."""
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from optmargin.core.money import dollars, per_share, plain

    console = Console(file=sys.stdout, highlight=False, markup=False)
    rows, campaign = found.ledger.rows, found.ledger.campaign
    console.print(
        Text(
            f"net liq {dollars(found.ledger.start)}, {campaign.first} slots of {plain(float(campaign.slot))} at first, "
            f"{campaign.parachutes} parachutes x {plain(float(campaign.multiple))} ({campaign.reading.value})",
            style="bold",
        )
    )

    def table(*headings: str) -> Table:
        made = Table(box=SIMPLE, padding=(0, 1, 0, 0), show_edge=False)
        for heading in headings:
            made.add_column(heading, justify="right", no_wrap=True)
        return made

    has_strikes = not math.isnan(rows[0].short_strike)
    strike = ["strike"] if has_strikes else []
    standing = table("", "slots", *strike, "credit\nneeded", "credit", "margin", "excess", "cushion", "fits")
    ending = table("", "fees", "cash", "bought\nout", "at worst", "assailed", "gets\nhere", "ends\nhere", "expected")
    for row in rows:
        colour = "" if row.fits else "red"
        standing.add_row(
            str(row.level),
            f"{row.slots:,}",
            *([plain(round(row.short_strike, 2))] if has_strikes else []),
            *(per_share(round(price, 4)) for price in (row.credit_needed, row.credit)),
            *(dollars(amount) for amount in (row.margin, row.excess)),
            "-" if math.isnan(row.cushion) else f"{row.cushion:.1%}",
            "yes" if row.fits else "NO",
            style=colour,
        )
        ending.add_row(
            str(row.level),
            *(dollars(amount) for amount in (row.fees, row.cash, row.stop_pnl, row.max_loss_pnl)),
            *("-" if math.isnan(chance) else f"{chance:.2%}" for chance in (row.assailed, row.reach, row.ends_here)),
            "-" if math.isnan(row.expected) else dollars(row.expected),
            style=colour,
        )
    # A figure that is cut off is a wrong one: a table that is too wide for the window runs over its edge.
    wide = Console(file=sys.stdout, highlight=False, markup=False, width=max(console.width, _WIDEST))
    for made in (standing, ending):
        wide.print(made)
        wide.print()
    for sentence in [*sentences, *notes]:
        console.print(Text(sentence))
