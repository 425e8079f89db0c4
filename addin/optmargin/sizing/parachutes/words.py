"""What the figures of a campaign mean for its account, in sentences: what fits, what is worth it, what the last parachute costs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from optmargin.core.money import dollars, per_share, plain
from optmargin.sizing.parachutes.exact import exact
from optmargin.sizing.parachutes.geometry import Reading
from optmargin.sizing.parachutes.growth import Binds

if TYPE_CHECKING:
    from optmargin.sizing.parachutes.assessment import Assessment
    from optmargin.sizing.parachutes.growth import Size

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_READINGS = {
    Reading.REPLACE: "each replaces the one before",
    Reading.DOUBLE: "each multiplies what is committed",
    Reading.ACCUMULATE: "each is added to those before",
}
_WHOLE_PARTS = 100  # from 1/100 on, parts of an account are told in whole numbers


def percent(share: float) -> str:
    """A share for a sentence: ``47.4 %``, ``1.25 %``."""
    digits = 1 if abs(share) >= 0.1 or not share else 2
    return f"{100 * share:.{digits}f} %"


def one_in(share: float) -> str:
    """A share of the account as traders say it: ``1/32``, ``1/31.8``; ``80.0 %`` where it is more than half."""
    if share > 0.5:
        return percent(share)
    parts = 1 / share
    is_whole = parts >= _WHOLE_PARTS or abs(parts - round(parts)) < 0.05
    return f"1/{parts:,.0f}" if is_whole else f"1/{parts:.1f}"


def _number(number: int) -> str:
    return _NUMBERS[number] if 0 <= number < len(_NUMBERS) else f"{number:,}"


def counted(number: int) -> str:
    """``no parachute``, ``one parachute``, ``five parachutes``."""
    return f"{_number(number)} parachute{'s' if number > 1 else ''}"


def in_words(found: Assessment) -> list[str]:
    """The sentences, in the order in which a trader would ask."""
    said = _fitting(found)
    if found.fits >= 0:
        said += [*_worth(found), *_failing(found), *_average(found), *_size(found)]
    return [sentence[:1].upper() + sentence[1:] for sentence in said]


def edges_in_words(found: Assessment, edges: tuple[float, float]) -> str:
    """What edge the plan needs, from :func:`.assessment.edges_needed`."""
    grows, kelly = edges
    campaign = found.ledger.campaign
    share = one_in(float(campaign.first * campaign.slot) / found.ledger.start)
    return (
        f"Writing {share} with {counted(campaign.parachutes)} needs an edge of {percent(grows)} per level (assailed that much less often than "
        f"the prices say) to grow at all, and is full Kelly at {percent(kelly)}."
    )


def _fitting(found: Assessment) -> list[str]:
    ledger, fits = found.ledger, found.fits
    planned = ledger.campaign.parachutes
    if fits < 0:
        row = ledger.rows[0]
        return [f"The first position doesn't fit: it needs {dollars(row.margin)} and leaves {dollars(row.excess)}."]
    how = f" ({_READINGS[ledger.campaign.reading]})" if planned else ""
    many = f"more than {fits:,} parachutes" if found.fits_at_least and fits > planned else counted(fits)
    least = "at least " if found.fits_at_least and fits == planned else ""
    sentences = [f"{least}{many} fit{'s' if fits <= 1 and not many.startswith('more') else ''}{how}."]
    if fits >= planned:
        row = ledger.rows[planned]
        sentences.append(
            f"At level {planned} the {row.slots:,} slots that stand take margin to {dollars(row.margin)} and leave {dollars(row.excess)}, "
            f"a cushion of {_cushion(row.cushion)}."
        )
    else:
        row = ledger.rows[fits + 1]
        short = f"leaves {dollars(row.excess)}"
        if row.available < 0 <= row.excess:
            short = f"would open with {dollars(row.available)} of available funds"
        elif row.excess >= 0:
            short += ", less than the cushion to keep"
        sentences.append(f"Level {fits + 1} needs {dollars(row.margin)} and {short}.")
    return [" ".join(sentences)]


def _cushion(share: float) -> str:
    return "no meaning" if math.isnan(share) else percent(share)


def _worth(found: Assessment) -> list[str]:
    planned = min(found.ledger.campaign.parachutes, max(found.fits, 0))
    if found.worth is None:
        return [
            "Odds and expected values are told for parachutes that replace: older sets may win or lose beside the newest."
        ]
    if not planned:
        return []
    if found.worth == 0 and _is_fair(found) and found.mean < 0:
        return ["None of them is worth deploying: at fair prices what parachutes add is their fees and debits."]
    if found.worth == 0 and _is_fair(found):
        again = "a fair coin" if float(found.question.multiple) == 2 else "a fair bet"
        return [
            f"None of them is worth deploying: at fair prices a parachute is {again}, and fair bets never make an account grow."
        ]
    if found.worth == 0:
        return ["None of them is worth deploying: the loss at stake is too large for the odds."]
    stop = (
        ""
        if found.worth == planned
        else f"; at level {found.worth} stopping is better, though {_number(planned)} would fit"
    )
    return [
        f"{counted(found.worth)} {'is' if found.worth == 1 else 'are'} worth deploying for growth at these odds{stop}."
    ]


def _is_fair(found: Assessment) -> bool:
    asked = found.question
    return not asked.probabilities and not asked.deltas and float(asked.edge) == 0


def _failing(found: Assessment) -> list[str]:
    last, start = found.ledger.rows[found.last], found.ledger.start
    name = f"parachute {last.level}" if last.level else "the first position"
    if 0 < last.level < found.ledger.campaign.parachutes:
        name += ", the last that fits,"
    bought_out = f"{_result(last.stop_pnl)} ({percent(abs(last.stop_pnl) / start)} of net liq)"
    at_worst = f"{_result(last.max_loss_pnl)} ({percent(abs(last.max_loss_pnl) / start)})"
    sentences = [f"When {name} fails, the campaign {bought_out} if it is bought out, and {at_worst} at worst."]
    if found.ruin > 0:
        sentences.append(
            f"That happens in {percent(found.ruin)} of campaigns, one in {plain(round(found.until_ruin, 1))}; in "
            f"{found.question.horizon} campaigns at least once with {percent(found.ruin_in_horizon)}."
        )
    if not math.isnan(found.to_recover):
        many = math.ceil(found.to_recover)
        gain = dollars(found.ledger.rows[0].cash)
        sentences.append(
            f"{many:,} winning campaign{'s' if many > 1 else ''} of the same share of the account "
            f"({gain} at first) make{'' if many > 1 else 's'} good one buy-out."
        )
    return [" ".join(sentences)]


def _result(pnl: float) -> str:
    return f"loses {dollars(-pnl)}" if pnl < 0 else f"gains {dollars(pnl)}"


def _average(found: Assessment) -> list[str]:
    if math.isnan(found.mean):
        return []
    about = f"A campaign {_result(found.mean)} on average (standard deviation {dollars(found.sd)})"
    if found.mean == 0 and _is_fair(found):
        about += ": at fair prices parachutes change when the loss comes, not how much is lost"
    elif math.isinf(found.growth):
        about += ", but it can lose the whole account"
    elif found.mean > 0 > found.growth:
        about += ", yet the account shrinks in the long run: too much of it is written"
    lasts = "" if math.isnan(found.days) else f" It lasts {found.days:.1f} days on average."
    return [f"{about}.{lasts}"]


def _size(found: Assessment) -> list[str]:
    size = found.size
    if size is None:
        return []
    campaign = found.ledger.campaign
    planned = f"the plan writes {one_in(float(campaign.first * campaign.slot) / found.ledger.start)}"
    if size.binds is Binds.NO_EDGE:
        return [f"Kelly writes nothing: the campaign doesn't gain on average; {planned}."]
    share = _kelly(found)
    if math.isinf(size.kelly):
        sentences = [
            f"Kelly sets no limit, since nothing is lost; the margin has room for {one_in(size.margin)}; {planned}."
        ]
    else:
        room = f"the margin has room for {one_in(size.margin)}" if size.margin else "the margin has no room"
        asked = size.kelly * float(exact(found.question.kelly_multiple))
        kelly = one_in(asked) if asked else "none"
        sentences = [
            f"{share} writes {kelly} of the account, {room}: {'Kelly' if size.binds is Binds.KELLY else 'the margin'} binds; {planned}."
        ]
    return [*sentences, *_best(found.best, share)]


def _best(best: Size | None, share: str) -> list[str]:
    if best is None:
        return []
    return [
        f"At this edge the account grows most with {counted(best.parachutes)}, {share[:1].lower() + share[1:]} then writing {one_in(best.written)}."
    ]


def _kelly(found: Assessment) -> str:
    multiple = float(exact(found.question.kelly_multiple))
    named = {0.5: "half Kelly", 1.0: "full Kelly", 2.0: "twice Kelly"}
    return named.get(multiple, f"{per_share(multiple)} Kelly")
