"""The public form of an assessment: plain dictionaries for JSON, documented in ``addin/docs/json.md``; keys are only ever added.

Money is USD rounded to the cent; what isn't known, or has no limit, is null.
"""

from __future__ import annotations

import math
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from optmargin.core.money import cents

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optmargin.sizing.parachutes.assessment import Assessment
    from optmargin.sizing.parachutes.growth import Size
    from optmargin.sizing.parachutes.ledger import LedgerRow

_MONEY = frozenset({"fees", "cash", "margin", "excess", "available", "net_liq", "stop_pnl", "max_loss_pnl", "expected"})


def public(found: Assessment, sentences: Sequence[str] = ()) -> dict[str, Any]:
    """What ``optmargin parachutes --json`` prints.

    Args:
        found: the assessment.
        sentences: what it means in words.
    """
    asked, campaign = found.question, found.ledger.campaign
    return {
        "net_liq": cents(found.ledger.start),
        "slots": campaign.first,
        "parachutes": campaign.parachutes,
        "reading": campaign.reading.value,
        "width": float(campaign.width),
        "multiplier": float(campaign.multiplier),
        "multiple": float(campaign.multiple),
        "edge": None if asked.probabilities or asked.deltas else float(asked.edge),
        "fits": found.fits,
        "fits_at_least": found.fits_at_least,
        "worth_deploying": found.worth,
        "last": found.last,
        "ruin": found.ruin,
        "campaigns_until_ruin": _known(found.until_ruin),
        "campaigns": asked.horizon,
        "ruin_in_campaigns": found.ruin_in_horizon,
        "campaigns_to_recover": _known(found.to_recover),
        "mean": cents(found.mean),
        "sd": cents(found.sd),
        "levels_visited": found.levels,
        "days": _known(found.days),
        "growth": _known(found.growth),
        "lundberg_exponent": _known(found.lundberg),
        "kelly_multiple": float(asked.kelly_multiple),
        "drawdown_to_half": found.drawdown_to_half,
        "size": None if found.size is None else _size(found.size),
        "best": None if found.best is None else _size(found.best),
        "ledger": [_row(row) for row in found.ledger.rows],
        "outcomes": [
            {
                "ending": each.ending.value,
                "level": each.level,
                "probability": float(each.probability),
                "pnl": cents(float(each.pnl)),
            }
            for each in (found.ledger.chain.outcomes if found.ledger.chain is not None else ())
        ],
        "words": list(sentences),
    }


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _row(row: LedgerRow) -> dict[str, Any]:
    named = {each.name: getattr(row, each.name) for each in fields(row)}
    return {
        name: cents(value) if name in _MONEY else _known(value) if isinstance(value, float) else value
        for name, value in named.items()
    }


def _size(size: Size) -> dict[str, Any]:
    return {
        "parachutes": size.parachutes,
        "kelly": _known(size.kelly),
        "margin": _known(size.margin),
        "written": size.written,
        "binds": size.binds.value,
        "deepest": size.deepest,
        "ruin": size.ruin,
        "growth": _known(size.growth),
        "full_growth": _known(size.full_growth),
    }
