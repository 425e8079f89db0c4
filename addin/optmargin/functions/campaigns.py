"""PARACHUTE_SCHEDULE and PARACHUTE_ODDS: the ledger of a campaign of parachutes, level by level, and what its chain says."""

from __future__ import annotations

import math
from typing import Annotated, Any

from optmargin.core.contracts import Right as RightKind
from optmargin.core.errors import ErrorCode, MarginError
from optmargin.core.money import cents
from optmargin.functions.declare import About, Example, Unit, worksheet_function
from optmargin.functions.naked import Right
from optmargin.functions.parachutes import (
    SEED,
    Cushion,
    Edge,
    Fee,
    KellyMultiple,
    Multiple,
    NetLiq,
    OtherMargin,
    Parachutes,
    ReadingWord,
    SlotMultiplier,
    Slots,
    SlotWidth,
)
from optmargin.functions.rolls import Days, Volatility
from optmargin.sizing.parachutes import strikes
from optmargin.sizing.parachutes.campaign import Campaign, plan
from optmargin.sizing.parachutes.chain import Chain, Ending, Final, chain_of
from optmargin.sizing.parachutes.geometry import Reading
from optmargin.sizing.parachutes.growth import growth_at, size_of
from optmargin.sizing.parachutes.ledger import Holder, LedgerRow, ledger
from optmargin.sizing.parachutes.odds import LevelOdds, as_given, from_prices
from optmargin.sizing.parachutes.ruin import campaigns_to_recover, campaigns_until_ruin, ruin_within
from optmargin.sizing.parachutes.sides import Roll, margin_with_other_side
from optmargin.sizing.slots import SLOT_MULTIPLIER, SLOT_WIDTH

Credits = Annotated[
    Any,
    About(
        "Credit of the first position, so that rolls are revenue-neutral before fees; or the credit of each level from 0 on",
        Unit.NUMBERS,
        at_least=0,
    ),
]
Buybacks = Annotated[
    Any,
    About(
        "Price at which an assailed spread is bought out: one for all levels, or one for each", Unit.NUMBERS, above=0
    ),
]
Probabilities = Annotated[
    Any,
    About(
        "Probability of each level to be assailed, or one for all; blank is credit over buy-back, which is fair",
        Unit.CHANCES,
        at_least=0,
        at_most=1,
    ),
]

_BY_HAND = "by hand from the definitions of Grinstead & Snell, Introduction to Probability, 11.2"

# The headers of the tables that spill.
SCHEDULE_COLUMNS = (
    "level", "slots", "credit_needed", "credit", "fees", "cash", "margin", "excess", "cushion", "fits", "stop_pnl", "max_loss_pnl",
    "assailed", "reach", "ends_here", "expected_value",
)  # fmt: skip
STRIKE_COLUMNS = ("short_strike", "distance", "days_left")
ODDS_COLUMNS = ("figure", "value")


# The ledger --------------------------------------------------------------------------------------------------------------------


@worksheet_function(
    "PARACHUTE_SCHEDULE",
    category="Sizing",
    about=(
        "The ledger of a campaign, level by level: slots, credit needed for a revenue-neutral roll (fees included), cash, margin, excess, "
        "cushion, P&L of a stop-out and at worst, probabilities, expected value. Spills a table."
    ),
    returns=Unit.TABLE,
    example=Example(
        "=PARACHUTE_SCHEDULE(100000, 6, 1, 2.5)",
        "[5.0, 192.0, 1.25, 1.25, 0.0, 600.0, 96000.0, 4600.0, 0.06005221932114883, True, -47400.0, -95400.0, 0.5, 0.025, 0.025, -585.0]",
        f"{SEED}, worked out by hand: 600 collected, 32 x 6 slots of 500; bought out at 2.50 the last level costs 192 x 250 = 48,000",
    ),
    by_element=False,
)
def parachute_schedule(
    net_liq: NetLiq,
    slots: Slots,
    credits: Credits,  # noqa: A002 - a trader's word for it
    buybacks: Buybacks,
    parachutes: Parachutes = 5.0,
    slot_width: SlotWidth = SLOT_WIDTH,
    multiplier: SlotMultiplier = SLOT_MULTIPLIER,
    size_multiple: Multiple = 2.0,
    fee: Fee = 0.0,
    reading: ReadingWord = Reading.REPLACE.value,
    cushion: Cushion = 0.0,
    other_margin: OtherMargin = 0.0,
    other_side_slots: Annotated[
        Any,
        About(
            "Spreads on the other side of the first expiry, which ride free beside this one",
            Unit.SLOTS,
            at_least=0,
            whole=True,
        ),
    ] = 0.0,
    roll: Annotated[
        Any,
        About(
            "Where parachutes open: away (same expiry) or out (a later one, so that the other side is paid for too)",
            Unit.ROLL,
        ),
    ] = Roll.AWAY.value,
    edge: Edge = 0.0,
    probabilities: Probabilities = None,
    spot: Annotated[
        Any,
        About(
            "Price of the underlying, with volatility and days_left for suggested strikes", Unit.USD_PER_SHARE, above=0
        ),
    ] = None,
    volatility: Volatility = None,
    days_left: Days = None,
    right: Right = "put",
) -> list[list[Any]]:
    """The table: :data:`SCHEDULE_COLUMNS`, and :data:`STRIKE_COLUMNS` where spot, volatility and days are given; one row per level.

    Raises:
        MarginError: ``#NUM!`` where a credit is at or above its buy-back, or a number is outside its bounds; ``#VALUE!`` where lists have
            the wrong length, or only some of spot, volatility and days are given.
    """
    campaign = _campaign(slots, credits, buybacks, parachutes, slot_width, multiplier, size_multiple, fee, reading)
    odds = _odds(campaign, edge, probabilities, [])
    holder = Holder(
        float(net_liq),
        margin_at=margin_with_other_side(campaign, other_side_slots, roll, other_margin),
        cushion=float(cushion),
    )
    known = [not math.isnan(each) for each in (spot, volatility, days_left)]
    if any(known) and not all(known):
        raise MarginError(
            ErrorCode.VALUE, "only some of spot, volatility and days_left are given", "give all three, or none"
        )
    suggested = _ladder(campaign, spot, volatility, days_left, right, roll) if all(known) else None
    header = list(SCHEDULE_COLUMNS + (STRIKE_COLUMNS if suggested else ()))
    return [
        header,
        *(
            _level(row, has_strike=suggested is not None)
            for row in ledger(campaign, holder, odds, strikes=suggested).rows
        ),
    ]


def _campaign(
    slots: float,
    credits_: list[float],
    buybacks: list[float],
    parachutes: float,
    width: float,
    multiplier: float,
    multiple: float,
    fee: float,
    reading: Reading,
) -> Campaign:
    return plan(
        math.floor(slots * (1 + 1e-9)),
        credits_,
        buybacks,
        parachutes,
        width=width,
        multiplier=multiplier,
        multiple=multiple,
        reading=reading,
        fee=fee,
    )


def _odds(campaign: Campaign, edge: float, probabilities: list[float], gaps: list[float]) -> LevelOdds:
    if probabilities and edge:
        raise MarginError(
            ErrorCode.VALUE,
            "both probabilities and an edge are given",
            "an edge is taken off what the prices say; leave one out",
        )
    if probabilities:
        return as_given(probabilities, gaps or (0,), levels=len(campaign.sets))
    return from_prices(campaign, edge, gaps or (0,))


def _ladder(
    campaign: Campaign, spot: float, volatility: float, days: float, right: RightKind, roll: Roll
) -> list[strikes.Rung]:
    planned, is_out = [float(each.credit) for each in campaign.sets], roll is Roll.OUT
    return strikes.ladder(planned, volatility, days, float(campaign.width), spot=spot, right=right, is_out=is_out)


def _level(row: LedgerRow, *, has_strike: bool) -> list[Any]:
    older = "older sets are left standing, and the odds don't say what they lose"
    cells = [
        float(row.level),
        float(row.slots),
        row.credit_needed,
        row.credit,
        *(cents(amount) for amount in (row.fees, row.cash, row.margin, row.excess)),
        _known(row.cushion, "cushion", "net liq isn't above zero"),
        row.fits,
        cents(row.stop_pnl),
        cents(row.max_loss_pnl),
        row.assailed,
        row.reach,
        _known(row.ends_here, "ends_here", older),
        _known(cents(row.expected), "expected_value", older),
    ]
    return [*cells, row.short_strike, row.distance, row.days_left] if has_strike else cells


def _known(value: float | None, name: str, why: str) -> Any:
    """A figure as a cell shows it: an error where it isn't known."""
    if value is None or math.isnan(value):
        return MarginError(ErrorCode.MISSING, f"{name} isn't known: {why}", "")
    return value


# The odds ----------------------------------------------------------------------------------------------------------------------


@worksheet_function(
    "PARACHUTE_ODDS",
    category="Sizing",
    about=(
        "What the chain of a campaign says: probability of reaching each level, of winning there, of ruin; expected P&L, its deviation, "
        "ruin over many campaigns, Kelly. Odds are credit over buy-back unless given. Spills a table."
    ),
    returns=Unit.TABLE,
    example=Example(
        "=PARACHUTE_ODDS(6, 1, 2.5, 1)",
        "['ruin', 0.2], ['mean', 0.0], ['sd', 1200.0]",
        f"A fair coin after 2 to 3: 600 is won with 0.8, 2,400 lost with 0.4 x 0.5; {_BY_HAND}",
    ),
    by_element=False,
)
def parachute_odds(
    slots: Slots,
    credits: Credits,  # noqa: A002
    buybacks: Buybacks,
    parachutes: Parachutes = 5.0,
    slot_width: SlotWidth = SLOT_WIDTH,
    multiplier: SlotMultiplier = SLOT_MULTIPLIER,
    size_multiple: Multiple = 2.0,
    fee: Fee = 0.0,
    edge: Edge = 0.0,
    probabilities: Probabilities = None,
    gap_probabilities: Annotated[
        Any,
        About(
            "Probability of each level to jump through the whole spread, or one for all; blank is none",
            Unit.CHANCES,
            at_least=0,
            at_most=1,
        ),
    ] = None,
    full_loss: Annotated[
        Any,
        About(
            "Blank: an assailed last level is bought out. Else it is held to expiry, and loses its width with this probability",
            Unit.FRACTION,
            at_least=0,
            at_most=1,
        ),
    ] = None,
    campaigns: Annotated[
        Any, About("How many campaigns in a row ruin is told for", Unit.TIMES, at_least=1, at_most=1e9, whole=True)
    ] = 52.0,
    net_liq: Annotated[
        Any, About("Net liquidation value, for growth of the account and recovery", Unit.USD, above=0)
    ] = None,
    kelly_multiple: KellyMultiple = 1.0,
    cushion: Cushion = 0.0,
) -> list[list[Any]]:
    """The table: :data:`ODDS_COLUMNS`; reach and win of each level, then the figures of the whole campaign.

    Raises:
        MarginError: as :func:`parachute_schedule`.
    """
    campaign = _campaign(
        slots, credits, buybacks, parachutes, slot_width, multiplier, size_multiple, fee, Reading.REPLACE
    )
    odds = _odds(campaign, edge, probabilities, gap_probabilities)
    final = Final.STOP if math.isnan(full_loss) else Final.HOLD
    chain = chain_of(campaign, odds, final=final, full_loss=1.0 if math.isnan(full_loss) else full_loss)
    size = size_of(campaign, chain, kelly_multiple=kelly_multiple, cushion=cushion)
    ruin = float(chain.ruin)
    levels = range(len(campaign.sets))
    gap = float(sum(each.probability for each in chain.outcomes if each.ending is Ending.GAP))
    rows: list[list[Any]] = [
        list(ODDS_COLUMNS),
        *([f"reach_{level}", float(chain.reach[level])] for level in levels),
        *([f"win_{level}", float(chain.of(Ending.WIN, level))] for level in levels),
        *([["gap", gap]] if gap else []),
        ["ruin", ruin],
        ["mean", cents(float(chain.mean))],
        ["sd", cents(chain.sd)],
        ["levels_visited", float(chain.levels)],
        ["win_pnl", cents(float(campaign.sets[0].cash))],
        ["ruin_pnl", cents(float(chain.outcomes[-1].pnl))],
        ["campaigns_until_ruin", _finite(campaigns_until_ruin(ruin), "campaigns_until_ruin", "there is no ruin")],
        ["ruin_in_campaigns", ruin_within(ruin, campaigns)],
        ["kelly_written", _finite(size.kelly, "kelly_written", "nothing is lost, so that growth sets no limit")],
        ["margin_written", _finite(size.margin, "margin_written", "a slot brings more than its margin")],
        ["written", size.written],
        ["binds", size.binds.value],
        ["deepest", size.deepest],
        ["growth_written", size.growth],
    ]
    if math.isnan(net_liq):
        return rows
    return rows + _in_the_account(campaign, chain, net_liq)


def _in_the_account(campaign: Campaign, chain: Chain, net_liq: float) -> list[list[Any]]:
    """What the campaign does to an account of this net liq."""
    gain, loss = float(campaign.sets[0].cash), -float(chain.outcomes[-1].pnl)
    growth = growth_at(campaign, chain, net_liq)
    recovered: Any
    try:
        recovered = campaigns_to_recover(loss / net_liq, gain / net_liq)
    except MarginError as error:
        recovered = error
    return [
        ["growth_planned", _finite(growth, "growth_planned", "an ending loses the whole account")],
        ["campaigns_to_recover", recovered],
    ]


def _finite(value: float, name: str, why: str) -> Any:
    return value if math.isfinite(value) else MarginError(ErrorCode.NUM, f"{name} has no limit: {why}", "")
