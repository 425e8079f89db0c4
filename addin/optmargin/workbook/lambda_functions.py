"""The worksheet functions as LAMBDA defined names: the same names, arguments and answers, from formulas alone.

The arguments, their order, defaults and bounds come from the declarations; what stands here is each function's rule. In a rule
``spot_`` is the argument ``spot`` as it was read, and ``day_`` the day whose terms apply. A later function is one more entry of
``RULES``, if a closed formula can say it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from optmargin.functions.all import functions
from optmargin.functions.declare import Argument, Unit, WorksheetFunction
from optmargin.workbook.lambda_reading import READERS, reading
from optmargin.workbook.lambda_sizing import ONE_CELL, SIZING_PARTS, SIZING_RULES
from optmargin.workbook.lambda_text import first_error

# What a blank as_of is compared as: 31 December 9999, later than the first day of every version of every term.
LATEST_DAY = 2_958_465


@dataclass(frozen=True, slots=True)
class LambdaName:
    """One defined name.

    Attributes:
        name: as it is called in a cell, or ``om_...`` for one that others are made of.
        about: what it does, at most 255 characters.
        typed: its formula as typed in Excel with English names, without the equals sign.
        is_worksheet_function: whether it is one of the declared functions.
    """

    name: str
    about: str
    typed: str
    is_worksheet_function: bool


# The names that the rules are made of, beside those that read cells.
_PARTS: dict[str, tuple[str, str]] = {
    "om_day": (
        "The day whose terms apply: as_of, or the latest where it is blank; #N/A on a day that the book doesn't answer for.",
        f"""LAMBDA(book, as_of, LET(
            at, XMATCH(book, om_books),
            last, INDEX(om_books_last_day, at),
            IF(ISERROR(as_of), as_of, IF(as_of="", IF(ISERROR(at), at, {LATEST_DAY}),
                IF((as_of<INDEX(om_books_first_day, at))+ISNUMBER(last)*(as_of>last), #N/A, as_of)))))""",
    ),
    "om_convention": (
        "Which figure a book calls the requirement: gross, net or field.",
        "LAMBDA(book, INDEX(om_books_convention, XMATCH(book, om_books)))",
    ),
    "om_term": (
        "A figure of a rule book, from the sheet Book: the version of the term that holds on the day.",
        """LAMBDA(book, term, class, day, LET(key, book&"|"&term&"|"&class,
            INDEX(om_figure, XMATCH(key, om_key)+COUNTIFS(om_key, key, om_first_day, "<="&day)-1)))""",
    ),
    "om_first": (
        "The first of two where it is an error, else the second.",
        "LAMBDA(one, other, IF(ISERROR(one), one, other))",
    ),
    "om_greater": ("The greater of two.", "LAMBDA(one, other, IF(one>other, one, other))"),
    "om_lesser": ("The lesser of two.", "LAMBDA(one, other, IF(one<other, one, other))"),
    "om_cents": (
        "An amount rounded to the cent, half to even; the amount's first 12 digits count.",
        """LAMBDA(amount, IF(amount=0, 0, LET(
            hundredfold, ABS(amount)*100,
            whole, INT(hundredfold),
            noise, IF(ABS(amount)<1E9, 50*10^(INT(LOG10(ABS(amount)))-11), 1E-15*hundredfold),
            SIGN(amount)*IF(ABS(hundredfold-whole-0.5)<=noise, 2*ROUND(whole/2+0.25, 0), ROUND(hundredfold, 0))/100)))""",
    ),
    "om_uncovered": (
        "An uncovered option per share: the premium and the greatest of the book's three tests. #NUM! where the book permits none.",
        """LAMBDA(right, spot, strike, premium, class, leverage, book, day, LET(
            factor, IF(om_term(book, "uncovered.leverage_multiplies", "", day), leverage, 1),
            out_of_the_money, om_greater(IF(right="call", strike-spot, spot-strike), 0),
            base, IF((right="call")+(om_term(book, "uncovered.put_minimum_base", "", day)="underlying"), spot, strike),
            by_rate, premium+om_term(book, "uncovered.rate", class, day)*(spot*factor)-out_of_the_money,
            by_minimum, IF(om_term(book, "uncovered.minimum_includes_premium", "", day), premium, 0)
                +om_term(book, "uncovered.minimum_rate", class, day)*(base*factor),
            by_floor, IF(om_term(book, "uncovered.floor_includes_premium", "", day), premium, 0)
                +om_term(book, "uncovered.floor_per_share", "", day),
            om_greater(om_greater(by_rate, by_minimum), by_floor)))""",
    ),
    "om_permitted": (
        "1 where the book permits uncovered options, #NUM! where it doesn't.",
        'LAMBDA(book, day, IF(om_term(book, "uncovered.permitted", "", day), 1, #NUM!))',
    ),
    "om_call_charge": (
        "A covered call per share where the call's in-the-money amount is charged: at least the call's value or the stock's margin.",
        """LAMBDA(spot, strike, premium, share, base,
            om_greater(om_greater(spot-strike, 0)+share*base, om_lesser(spot, om_greater(premium, share*spot))))""",
    ),
    "om_covered_call": (
        "Long stock with a short call, per share, by stage and convention.",
        """LAMBDA(spot, strike, premium, price, stage, leverage, book, day, LET(
            form, om_term(book, "stock.covered_call", "", day),
            share, om_term(book, "stock.covered_call_initial_rate", "", day),
            rate, om_lesser(om_term(book, "stock.maintenance_long", "", day)
                *IF(om_term(book, "stock.leverage_multiplies", "", day), leverage, 1), 1),
            held, om_lesser(spot, strike),
            IF(form="stock",
                IF(stage="initial", share*price, rate*held+IF(om_convention(book)="gross", 0, om_greater(spot-strike, 0))),
                IF(stage="initial",
                    om_call_charge(spot, strike, premium, share, IF(form="in_the_money_plus_full_stock", spot, held)),
                    om_call_charge(spot, strike, premium, rate, held)))))""",
    ),
    "om_covered_put": (
        "Short stock with a short put, per share, by stage and convention.",
        """LAMBDA(spot, strike, price, stage, leverage, book, day, LET(
            in_the_money, om_greater(strike-spot, 0),
            is_gross, om_convention(book)="gross",
            at_once, IF(om_term(book, "stock.covered_put", "", day)="stock_plus_in_the_money", in_the_money, 0),
            rate, om_term(book, "stock.maintenance_short", "", day)
                *IF(om_term(book, "stock.leverage_multiplies", "", day), leverage, 1),
            IF(stage="initial",
                om_term(book, "stock.initial_short", "", day)*price+IF(is_gross, price, 0)+at_once,
                rate*spot+IF(is_gross, spot+at_once, in_the_money))))""",
    ),
}

_NAKED = """om_permitted(book_, day_)*(om_uncovered(right_, spot_, strike_, premium_, asset_class_, leverage_, book_, day_)
    -{proceeds})*(contracts_*multiplier_)"""

# The rule of each function.
RULES: dict[str, str] = {
    "NAKED_MARGIN": _NAKED.format(proceeds='IF(om_convention(book_)="net", premium_, 0)'),
    "NAKED_DEPOSIT": _NAKED.format(proceeds="premium_"),
    "SPREAD_MARGIN": """LET(
        width, om_greater(IF(right_="call", long_strike_-short_strike_, short_strike_-long_strike_), 0),
        is_known, ISNUMBER(spot_)*ISNUMBER(premium_),
        alone, IF(is_known, om_uncovered(right_, spot_, short_strike_, premium_, asset_class_, leverage_, book_, day_), 0),
        is_covered, (short_expiry_="")+(long_expiry_>=short_expiry_),
        IF(ISNUMBER(short_expiry_)<>ISNUMBER(long_expiry_), #VALUE!,
            IF(is_covered,
                IF(is_known*om_term(book_, "spread.lesser_of_uncovered", "", day_), om_lesser(width, alone), width),
                om_permitted(book_, day_)*IF(is_known, alone, #N/A)))*(contracts_*multiplier_))""",
    "STRANGLE_MARGIN": """LET(
        put_side, om_uncovered("put", spot_, put_strike_, put_premium_, asset_class_, leverage_, book_, day_),
        call_side, om_uncovered("call", spot_, call_strike_, call_premium_, asset_class_, leverage_, book_, day_),
        spares_call, (put_side>call_side)+(put_side=call_side)*(call_premium_<put_premium_),
        proceeds, IF(om_convention(book_)="net", put_premium_+call_premium_, 0),
        om_permitted(book_, day_)*(IF(spares_call, put_side+call_premium_, call_side+put_premium_)-proceeds)*(contracts_*multiplier_))""",
    "COVERED_MARGIN": """LET(
        price, IF(stock_price_="", spot_, stock_price_),
        proceeds, IF(om_convention(book_)="net", premium_, 0),
        (IF(right_="put", om_covered_put(spot_, strike_, price, stage_, leverage_, book_, day_),
            om_covered_call(spot_, strike_, premium_, price, stage_, leverage_, book_, day_))-proceeds)*(contracts_*multiplier_))""",
} | SIZING_RULES


def lambda_names() -> tuple[LambdaName, ...]:
    """Every defined name of the workbook: the worksheet functions that formulas can answer, then what they are made of."""
    declared = functions()
    answered = [_answered(declared[name]) for name in RULES if name in declared]
    parts = [
        LambdaName(name, about, _plain(typed), False)
        for name, (about, typed) in (_PARTS | SIZING_PARTS | READERS).items()
    ]
    return (*answered, *parts)


def terms_read() -> tuple[str, ...]:
    """The keys of the rule books' terms that the formulas read, such as ``uncovered.rate``, in alphabetical order."""
    return tuple(
        sorted(set(re.findall(r'om_term\(\w+, ?"([a-z_.]+)"', "\n".join(each.typed for each in lambda_names()))))
    )


def parameter(argument: Argument) -> str:
    """What a LAMBDA calls an argument: by its own name, unless that is a name of the workbook too (``slots``, ``cushion``).

    Excel would take the parameter for meant; not every program does.
    """
    return f"{argument.name}_given" if argument.name.upper() in RULES else argument.name


def _answered(function: WorksheetFunction) -> LambdaName:
    names = [(argument, parameter(argument)) for argument in function.arguments]
    head = [name if argument.required else f"[{name}]" for argument, name in names]
    read = [f"{argument.name}_, {reading(argument, name)}" for argument, name in names]
    checked = [f"{argument.name}_" for argument in function.arguments]
    if "book_" in checked:
        read.append("day_, om_day(book_, as_of_)")
        checked.append("day_")
    rule = RULES[function.name]
    answer = f"om_cents({rule})" if function.returns is Unit.USD else rule
    if function.name in ONE_CELL:
        answer = f"IF(ROWS(refused_)*COLUMNS(refused_)>1, #VALUE!, {answer})"
    lines = ",\n    ".join([*read, f"refused_, {first_error(checked)}", f"IF(ISERROR(refused_), refused_, {answer})"])
    typed = f"LAMBDA({', '.join(head)}, LET(\n    {lines}))"
    return LambdaName(function.name, function.about, _plain(typed), True)


def _plain(typed: str) -> str:
    """A formula without the indentation that it has in the program."""
    return re.sub(r"\n\s+", "\n    ", typed)
