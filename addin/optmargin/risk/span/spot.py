"""The charge of the spot, or delivery, month: a rate per delta in spreads and a rate per delta that is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.risk.span.intra import FormedSpread
from optmargin.risk.span.periods import period_text
from optmargin.risk.span.words import SpotMethod

if TYPE_CHECKING:
    from collections.abc import Iterable

    from optmargin.risk.span.delta import DeltaPool
    from optmargin.risk.span.model import SpotRate


def charge_spot(method: SpotMethod, rates: Iterable[SpotRate], pool: DeltaPool) -> list[FormedSpread]:
    """What each delivery month with a delta is charged; asked for after spreads inside the combined commodity are formed.

    Source: ICE Clear US, SPAN Margin System (2015), section 2.4 (method 10).

    Raises:
        MarginError: ``#VALUE!`` for method 11, which isn't documented, where it would charge something.
    """
    if method is SpotMethod.NONE:
        return []
    charged = []
    for rate in rates:
        if rate.period not in pool.net:
            continue
        if method is SpotMethod.BASIS:
            raise MarginError(
                ErrorCode.VALUE, "spot method 11 (basis risk) isn't documented", "ask the clearing house for the charge"
            )
        in_spreads, left = abs(pool.consumed(rate.period)), abs(pool.left[rate.period])
        charged.append(
            FormedSpread(
                priority=0,
                name=f"delivery month {period_text(rate.period)}",
                count=in_spreads + left,
                amount=in_spreads * rate.per_spread + left * rate.per_outright,
                working=f"{in_spreads:.10g} deltas in spreads x {rate.per_spread:.10g} + "
                f"{left:.10g} outright x {rate.per_outright:.10g}",
            )
        )
    return charged
