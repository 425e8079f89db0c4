"""PARACHUTES_FIT and FIRST_SLOTS: how many parachutes an account has room for, and how large its first position may be."""

from __future__ import annotations

import math
from typing import Annotated, Any

from optmargin.core.money import dollars, plain
from optmargin.functions.declare import About, Example, Unit, worksheet_function
from optmargin.sizing.parachutes.campaign import LARGEST_MULTIPLE, MOST_PARACHUTES
from optmargin.sizing.parachutes.geometry import (
    Reading,
    Terms,
    first_slots,
    parachutes_fit,
)
from optmargin.sizing.slots import SLOT_MULTIPLIER, SLOT_WIDTH

NetLiq = Annotated[Any, About("Net liquidation value before the first position", Unit.USD)]
Slots = Annotated[
    Any, About("Slots of the first position; a fraction of a slot is left out", Unit.SLOTS, at_least=1, at_most=1e9)
]
Parachutes = Annotated[
    Any, About("How many parachutes", Unit.PARACHUTES, at_least=0, at_most=MOST_PARACHUTES, whole=True)
]
SlotWidth = Annotated[Any, About("Width of a spread between its strikes", Unit.USD_PER_SHARE, above=0)]
SlotMultiplier = Annotated[Any, About("Shares per contract: 100 for SPX, 50 for ES", Unit.SHARES, above=0)]
Multiple = Annotated[
    Any,
    About(
        "How many times the slots each parachute has; 2 doubles, 1 is a roll out in time",
        Unit.TIMES,
        at_least=1,
        at_most=LARGEST_MULTIPLE,
    ),
]
ReadingWord = Annotated[
    Any,
    About(
        "What becomes of the old position: replace (bought out), double (kept, as much added as doubles what is committed), accumulate "
        "(kept, a doubled set added)",
        Unit.READING,
    ),
]
Credit = Annotated[Any, About("Credit of the first position", Unit.USD_PER_SHARE, at_least=0)]
Buyback = Annotated[Any, About("Price at which an assailed spread is bought out", Unit.USD_PER_SHARE, above=0)]
Fee = Annotated[Any, About("Fee per leg and contract", Unit.USD, at_least=0)]
RollDebit = Annotated[
    Any,
    About(
        "What each roll falls short of revenue-neutral, per slot bought out; negative is a credit", Unit.USD_PER_SHARE
    ),
]
Cushion = Annotated[
    Any,
    About(
        "Excess liquidity to keep, as a share of net liq and the cash collected",
        Unit.FRACTION,
        at_least=0,
        at_most=0.999999,
    ),
]
OtherMargin = Annotated[Any, About("Margin of other positions", Unit.USD, at_least=0)]
KellyMultiple = Annotated[
    Any, About("Multiple of Kelly that is wanted; 0.5 is half Kelly", Unit.TIMES, at_least=0, at_most=100)
]
Edge = Annotated[
    Any,
    About(
        "By how much less often each level is assailed than its prices say; 0 is fair",
        Unit.FRACTION,
        at_least=-1,
        at_most=1,
    ),
]

SEED = "Trader's seven points on margin, number 3"


# What fits ---------------------------------------------------------------------------------------------------------------------


def _terms(given: dict[str, Any]) -> Terms:
    return Terms(
        width=given["slot_width"],
        multiplier=given["multiplier"],
        multiple=given["size_multiple"],
        reading=given["reading"],
        credit=given["credit"],
        fee=given["fee"],
        roll_debit=given["roll_debit"],
    )


def _why_fit(**given: Any) -> str:
    terms = _terms(given)
    found = int(
        parachutes_fit(
            given["net_liq"], given["slots"], terms, cushion=given["cushion"], other_margin=given["other_margin"]
        )
    )
    cash, said = 0.0, []
    for level in terms.levels(math.floor(given["slots"])):
        if level.number > found + 1:
            break
        cash += float(terms.cash_of(level))
        if level.number >= found:
            margin = float(level.standing * terms.slot) + given["other_margin"]
            excess = given["net_liq"] + cash - margin
            said.append(
                f"level {level.number}: {plain(float(level.standing))} slots, margin {dollars(margin)}, excess {dollars(excess)}"
            )
    return f"{'; '.join(said)}, which doesn't fit: {found}"


@worksheet_function(
    "PARACHUTES_FIT",
    category="Sizing",
    about=(
        "How many parachutes (an assailed position bought out and sold again farther away, twice as large) an account has room for after "
        "a first position. Fees and debits come out of cash."
    ),
    returns=Unit.PARACHUTES,
    example=Example(
        "=PARACHUTES_FIT(100000, 6)",
        5.0,
        f"{SEED}: writing 1/32nd of your account leaves room for 5 doublings; 1/32 of 200 slots is 6",
    ),
    why=_why_fit,
)
def parachutes_fit_function(
    net_liq: NetLiq,
    slots: Slots,
    slot_width: SlotWidth = SLOT_WIDTH,
    multiplier: SlotMultiplier = SLOT_MULTIPLIER,
    size_multiple: Multiple = 2.0,
    reading: ReadingWord = Reading.REPLACE.value,
    credit: Credit = 0.0,
    fee: Fee = 0.0,
    roll_debit: RollDebit = 0.0,
    cushion: Cushion = 0.0,
    other_margin: OtherMargin = 0.0,
) -> Any:
    """The count; see :func:`optmargin.sizing.parachutes.geometry.parachutes_fit`."""
    terms = Terms(slot_width, multiplier, size_multiple, reading, credit, fee, roll_debit)
    return parachutes_fit(net_liq, slots, terms, cushion=cushion, other_margin=other_margin)


@worksheet_function(
    "FIRST_SLOTS",
    category="Sizing",
    about=(
        "The largest first position, in whole slots, that leaves room for a number of parachutes; 0 where not even one slot does. Fees "
        "and debits come out of cash."
    ),
    returns=Unit.SLOTS,
    example=Example("=FIRST_SLOTS(100000, 5)", 6.0, f"{SEED}: 1/32nd of the 200 slots of 100,000, in whole slots"),
)
def first_slots_function(
    net_liq: NetLiq,
    parachutes: Parachutes = 5.0,
    slot_width: SlotWidth = SLOT_WIDTH,
    multiplier: SlotMultiplier = SLOT_MULTIPLIER,
    size_multiple: Multiple = 2.0,
    reading: ReadingWord = Reading.REPLACE.value,
    credit: Credit = 0.0,
    fee: Fee = 0.0,
    roll_debit: RollDebit = 0.0,
    cushion: Cushion = 0.0,
    other_margin: OtherMargin = 0.0,
) -> Any:
    """The count; see :func:`optmargin.sizing.parachutes.geometry.first_slots`."""
    terms = Terms(slot_width, multiplier, size_multiple, reading, credit, fee, roll_debit)
    return first_slots(net_liq, parachutes, terms, cushion=cushion, other_margin=other_margin)
