"""What the figures of a campaign mean for its account, in sentences that formulas build, in the words of ``optmargin parachutes``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optmargin.workbook.parachutes_levels import NONE

if TYPE_CHECKING:
    from optmargin.workbook.parachutes_levels import Grid


def money(amount: str) -> str:
    """An amount in whole dollars, for a sentence; never ``-0``."""
    return f"FIXED(ROUND({amount},0)+0,0)"


def percent(share: str) -> str:
    """A share for a sentence: ``47.4 %``, ``1.25 %``."""
    return f'ROUND(100*{share},IF(ABS({share})>=0.1,1,2))&" %"'


def one_in(share: str) -> str:
    """A share of the account as traders say it: ``1/33.3``; a percentage where it is more than half."""
    parts = f'"1/"&ROUND(1/{share},IF({share}<=0.01,0,1))'
    return f"IF({share}>0.5,{percent(share)},{parts})"


def counted(number: str) -> str:
    """``no parachute``, ``1 parachute``, ``5 parachutes``."""
    return f'IF({number}=0,"no parachute",{number}&" parachute"&IF({number}=1,"","s"))'


def result(amount: str) -> str:
    """``loses 1,000`` or ``gains 1,000``."""
    return f'IF({amount}<0,"loses "&{money(f"-{amount}")},"gains "&{money(amount)})'


def guarded(condition: str, text: str) -> str:
    """A sentence that is said only where something holds."""
    return f'=IF({condition},{text},"{NONE}")'


def sentences(grid: Grid) -> dict[str, str]:
    """The sentences that every sheet with levels can say, by name, as formulas."""
    n, of = grid.name, grid.of
    plan, last = n("plan_ok"), n("last_level")
    share = f"{n('start')}"
    stop, worst = n("last_stop"), n("last_worst")
    failing = (
        f'"When "&IF({last}=0,"the first position","parachute "&{last}&IF({last}<{n("planned")},", the last that fits,",""))'
        f'&" fails, the campaign "&{result(stop)}&" ("&{percent(f"(ABS({stop})/{share})")}&" of net liq) if it is bought out, and "'
        f'&{result(worst)}&" ("&{percent(f"(ABS({worst})/{share})")}&") at worst."'
    )
    return {
        "words_fit": guarded(plan, _fitting(grid)),
        "words_worth": guarded(plan, _worth(grid)),
        "words_last": guarded(plan, f'IF({n("fits")}<0,"{NONE}",{failing})'),
        "words_often": guarded(plan, f'IF({n("fits")}<0,"{NONE}",{_often(grid)})'),
        "words_recover": guarded(
            f"IF({plan},{n('fits')}>=0,FALSE)",
            f'IF(ISNUMBER({n("to_recover")}),ROUNDUP(ROUND({n("to_recover")},6),0)&" winning campaign"'
            f'&IF(ROUNDUP(ROUND({n("to_recover")},6),0)=1,"","s")&" of the same share of the account ("&{money(of("cash", "0"))}&" at first) make good one buy-out.","{NONE}")',
        ),
    }


def _fitting(grid: Grid) -> str:
    n, of = grid.name, grid.of
    fits, planned = n("fits"), n("planned")
    short = f"({fits}+1)"
    how = ""
    if grid.choices:
        how = (
            f'&IF({planned}=0,""," ("&IF({n("reading")}="replace","each replaces the one before",IF({n("reading")}="double",'
            '"each multiplies what is committed","each is added to those before"))&")")'
        )
    least = f'IF({n("fits_at_least")},"At least ","")'
    many = f'IF({fits}=0,"No parachute fits",{least}&{fits}&IF({fits}=1," parachute fits"," parachutes fit")){how}&". "'
    stands = (
        f'"At level "&{planned}&" the "&FIXED({of("standing", planned)},0)&" slots that stand take margin to "&{money(of("margin", planned))}'
        f'&" and leave "&{money(of("excess", planned))}&IF(ISNUMBER({of("cushion", planned)}),", a cushion of "&{percent(of("cushion", planned))},"")&"."'
    )
    lacks = f'IF({of("good", short)}=0,"","Level "&{short}&{_lacking(grid, short)})'
    none = f'"The first position doesn\'t fit: level 0"&{_lacking(grid, "0")}'
    return f"IF({fits}<0,{none},{many}&IF({fits}>={planned},{stands},{lacks}))"


def _lacking(grid: Grid, level: str) -> str:
    """What a level needs, and what is too little then: excess liquidity, available funds or the cushion."""
    margin, excess, initial = (grid.of(figure, level) for figure in ("margin", "excess", "initial"))
    available = f"({excess}+{margin}-{initial})"
    to_open = f'", but available funds of "&{money(available)}&" don\'t let it be opened."'
    less = f'IF({excess}<0,".",IF({available}<0,{to_open},", less than the cushion to keep."))'
    return f'" needs "&{money(margin)}&" and leaves "&{money(excess)}&{less}'


def _worth(grid: Grid) -> str:
    n = grid.name
    worth, last = n("worth"), n("last_level")
    fair = "At fair prices none ever is: a roll is then a fair bet, and fair bets never make an account grow."
    edge = f"{n('edge')}=0" if not grid.choices else f"AND({n('edge')}=0,{n('gap')}=0,{n('typed_odds')}=0)"
    some = (
        f'{worth}&IF({worth}={last},IF({last}=1," parachute is"," parachutes are")," of the "&{last}&" planned that fit"&IF({worth}=1," is"," are"))'
        f'&" worth deploying for growth at these odds"&IF({worth}={last},"","; at level "&{worth}&" stopping is better")&". {fair}"'
    )
    none = f'"None of them is worth deploying for growth: "&IF({edge},"at fair prices a roll is a fair bet, and fair bets never make an account grow.","the loss at stake is too large for the odds.")'
    older = "Odds and averages are told for parachutes that replace: older sets may win or lose beside the newest."
    told = f'IF({last}=0,"{NONE}",IF({worth}=0,{none},{some}))'
    return f'IF({n("has_odds")},{told},"{older}")' if grid.choices else told


def _often(grid: Grid) -> str:
    n = grid.name
    ruin, fair = n("ruin"), n("ruin_fair")
    is_fair = f"ABS({ruin}-{fair})<0.000000000001"
    beside = f'IF({is_fair},""," (at fair prices "&{percent(fair)}&", one in "&ROUND({n("one_in_fair")},1)&")")'
    within = ""
    if grid.choices:
        within = f'&"; in "&{n("campaigns")}&" campaigns at least once with "&{percent(n("ruin_within"))}'
    often = f'"That happens in "&{percent(ruin)}&" of campaigns, one in "&ROUND({n("one_in")},1)&{beside}{within}&"."'
    return f'IF({ruin}>0,{often},"At these odds that never happens.")'


def _kelly_named(multiple: str, words: tuple[str, str, str]) -> str:
    half, full, twice = words
    return f'IF({multiple}=0.5,"{half} Kelly",IF({multiple}=1,"{full} Kelly",IF({multiple}=2,"{twice} Kelly",{multiple}&" x Kelly")))'


def more_sentences(grid: Grid) -> dict[str, str]:
    """The sentences of the workbook about averages and sizes; the report's sheet has no use for them."""
    n = grid.name
    odds, mean, growth, size = n("has_odds"), n("mean"), n("plan_growth"), n("written_share")
    begins = f"IF({odds},{n('fits')}>=0,FALSE)"
    is_nothing = f"ABS({mean})<0.005"
    average = (
        f'"On average a campaign "&IF({is_nothing},"gains nothing",{result(mean)})&" (standard deviation "&{money(n("sd"))}&")"'
        f'&IF(ISTEXT({growth}),", but it can lose the whole account",IF({is_nothing},": at fair prices parachutes change when the loss comes, not how '
        f'much is lost",IF(AND({mean}>0,{growth}<0),", yet the account shrinks in the long run: too much of it is written","")))&"."'
    )
    kelly = n("kelly")
    named, inside = (
        _kelly_named(n("kelly_multiple"), words) for words in (("Half", "Full", "Twice"), ("half", "full", "twice"))
    )
    room = f'IF(ISNUMBER({n("room")}),IF({n("room")}>0,"the margin has room for "&{one_in(n("room"))},"the margin has no room"),"the margin sets no limit")'
    plan = f'"the plan writes "&{one_in(size)}&"."'
    asked = f"({kelly}*{n('kelly_multiple')})"
    sizes = (
        f'IF(ISTEXT({kelly}),"Kelly sets no limit, since nothing is lost; "&{room}&"; "&{plan},'
        f'IF({kelly}=0,"Kelly writes nothing: the campaign doesn\'t gain on average; "&{plan},'
        f'{named}&" writes "&IF({asked}>0,{one_in(asked)}&" of the account","nothing")&", "&{room}&": "&{n("binds")}&" binds; "&{plan}))'
    )
    best = (
        f'IF(AND(ISNUMBER({n("best")}),ISNUMBER({n("best_written")})),IF({n("best_written")}>0,"With these odds the account grows most with "&{counted(n("best"))}'
        f'&" planned, "&{inside}&" then writing "&{one_in(n("best_written"))}&".","{NONE}"),"{NONE}")'
    )
    grows, full = n("edge_to_grow"), n("edge_for_kelly")
    edge = (
        f'IF(AND(ISNUMBER({grows}),ISNUMBER({full})),"Writing "&{one_in(size)}&" with "&{counted(n("planned"))}&" needs an edge of "&{percent(grows)}'
        f'&" per level (assailed that much less often than the prices say) to grow at all, and is full Kelly at "&{percent(full)}&".","{NONE}")'
    )
    behind = (
        f'IF(AND({n("roll")}="out",{n("other_side")}>0,{n("planned")}>0),"Rolled out in time, the "&{n("other_side")}&" slots of the other side stay behind and no '
        f'longer share the margin: both sides are paid for from level 1 on.","{NONE}")'
    )
    return {
        "words_average": guarded(begins, average),
        "words_size": guarded(begins, sizes),
        "words_best": guarded(begins, best),
        "words_edge": guarded(begins, edge),
        "words_behind": guarded(n("plan_ok"), behind),
    }
