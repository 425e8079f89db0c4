"""Sizing as LAMBDA names: slots, cushion, Kelly's share, the credit of a neutral roll, and how many parachutes an account has room for.

The levels of a campaign stand side by side in an array, 0 to 1,000 parachutes as in :mod:`optmargin.sizing.parachutes.geometry`, so
these two functions take one cell for each argument.
"""

from __future__ import annotations

from optmargin.sizing.parachutes.geometry import LEGS_OF_A_SPREAD, MOST_LEVELS

# What stands, and what was collected, spent and paid in fees, at each level; of ``first`` slots and the sizes of the levels.
_LEVELS = f"""
            total, SCAN(0, size, LAMBDA(before, each, before+each)),
            standing, IF(reading="accumulate", total, size),
            premium, IF(reading="replace", credit*first-roll_debit*(total-size), credit*standing),
            legs, {LEGS_OF_A_SPREAD}*IF(reading="replace", 2*total-size, standing),
            cash, premium*multiplier-fee*legs,"""
_ARGUMENTS = "slot_width, multiplier, size_multiple, reading, credit, fee, roll_debit, keep, other_margin"
_READ = "slot_width_, multiplier_, size_multiple_, reading_, credit_, fee_, roll_debit_, cushion_, other_margin_"

SIZING_PARTS: dict[str, tuple[str, str]] = {
    "om_fit": (
        f"How many parachutes fit after a first position: -1 where not even that fits, {MOST_LEVELS + 1} where there is no end.",
        f"""LAMBDA(net_liq, first, {_ARGUMENTS}, LET(
            level, SEQUENCE(1, {MOST_LEVELS + 1}, 0),
            highest, IF(size_multiple>1, om_lesser({MOST_LEVELS}, INT(250/LOG10(size_multiple))), {MOST_LEVELS}),
            size, -INT(-first*size_multiple^IF(level<highest, level, highest)*(1-1E-14)),{_LEVELS}
            margin, standing*slot_width*multiplier,
            room, (1-keep)*(net_liq+cash)-margin-other_margin,
            short, XMATCH(FALSE, room>=-1E-9*(ABS(net_liq)+margin+ABS(other_margin))),
            IF(ISERROR(short), {MOST_LEVELS + 1}, short-2)))""",
    ),
    "om_needed": (
        "Net liq, after the cushion's share, that each first slot takes so that so many parachutes fit; sizes unrounded.",
        f"""LAMBDA(parachutes, {_ARGUMENTS}, LET(
            first, 1,
            size, size_multiple^SEQUENCE(1, parachutes+1, 0),{_LEVELS}
            MAX(standing*slot_width*multiplier-(1-keep)*cash)))""",
    ),
    "om_fewer": (
        "The largest number of first slots, so many or fewer, that leaves room for so many parachutes.",
        f"""LAMBDA(net_liq, first, parachutes, {_ARGUMENTS},
            IF(first<1, 0, IF(om_fit(net_liq, first, {_ARGUMENTS})>=parachutes, first, om_fewer(net_liq, first-1, parachutes, {_ARGUMENTS}))))""",
    ),
}

SIZING_RULES: dict[str, str] = {
    "SLOTS": "om_greater(INT(net_liq_/(slot_width_*multiplier_)*(1+1E-9)), 0)",
    "CUSHION": "excess_liquidity_/net_liq_",
    "PARACHUTES_FIT": f"""LET(
        found, om_fit(net_liq_, INT(slots_*(1+1E-9)), {_READ}),
        IF((reading_="double")*(size_multiple_<=1)+(credit_>slot_width_)+(found<0)+(found>{MOST_LEVELS}), #NUM!, found))""",
    "FIRST_SLOTS": f"""LET(
        needed, om_needed(parachutes_, {_READ}),
        most, INT(((1-cushion_)*net_liq_-other_margin_)/needed*(1+1E-9)),
        IF((reading_="double")*(size_multiple_<=1)+(credit_>slot_width_)+(needed<=0), #NUM!, IF(most<1, 0,
            IF(size_multiple_=INT(size_multiple_), most, om_fewer(net_liq_, most, parachutes_, {_READ})))))""",
    "ROLL_CREDIT": f"(buyback_+{LEGS_OF_A_SPREAD}*(1+size_multiple_)*(fee_/multiplier_))/size_multiple_",
    "KELLY": "om_greater((p_*(b_+1)-1)/b_, 0)",
}

# Those that answer for one cell of each argument, and not for a column.
ONE_CELL = frozenset({"PARACHUTES_FIT", "FIRST_SLOTS"})
