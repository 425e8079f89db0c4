"""How a LAMBDA name reads its arguments: the same blanks, words, days, numbers and bounds as the declared function, by its unit.

Every formula here works on one cell, and is written so that a column of cells would go through it as well: no AND, OR or MAX.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from optmargin.core.contracts import AssetClass
from optmargin.functions.declare import Unit
from optmargin.functions.reading import Stage
from optmargin.sizing.parachutes.geometry import Reading
from optmargin.workbook.lambda_text import any_of, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from optmargin.functions.declare import Argument

# Text in a cell that says nothing, as core.values has it.
_BLANKS = ("", "-", "--", "---", "n/a", "na", "null", "none", "\u2013", "\u2014")
_ERRORS = ("#VALUE!", "#NUM!", "#N/A", "#DIV/0!", "#REF!", "#NAME?", "#NULL!")
_CLASSES = tuple(each.value for each in AssetClass if each is not AssetClass.FUTURE)
_STAGES = tuple(stage.value for stage in Stage)
_READINGS = tuple(reading.value for reading in Reading)
_DIGITS = "0123456789"
_CURRENCIES = ("usd", "us$", "$", "\u20ac", "\u00a3")
_MINUS = "\u2212"


def _without(name: str, signs: Iterable[str]) -> str:
    """The part of a formula that takes signs out of a text."""
    for sign in signs:
        name = f'SUBSTITUTE({name},{quoted(sign)},"")'
    return name


def _errors_as_text(name: str) -> str:
    chain = name
    for error in reversed(_ERRORS):
        chain = f"IF({name}={quoted(error)},{error},{chain})"
    return chain


# The names that read cells: what each does in words, and its formula as typed.
READERS: dict[str, tuple[str, str]] = {
    "om_blank": (
        "Whether a cell says nothing: empty, or a dash, n/a, null, none.",
        f"LAMBDA(cell, IF(ISERROR(cell), FALSE, LET(said, LOWER(TRIM(cell)), {any_of('said', _BLANKS)}>0)))",
    ),
    "om_word": (
        "A word as it is compared, without blanks around it; text that names an error is that error.",
        f"LAMBDA(cell, LET(said, LOWER(TRIM(cell)), {_errors_as_text('said')}))",
    ),
    "om_right": (
        "call or put, from the words that people use.",
        f"""LAMBDA(cell, LET(said, om_word(cell),
            IF({any_of("said", ("c", "call", "calls"))}, "call", IF({any_of("said", ("p", "put", "puts"))}, "put", #VALUE!))))""",
    ),
    "om_class": (
        "The class of the underlying; a future is #N/A, since SPAN margins its options.",
        f"""LAMBDA(cell, LET(said, SUBSTITUTE(SUBSTITUTE(om_word(cell), "-", "_"), " ", "_"),
            IF(said="future", #N/A, IF({any_of("said", _CLASSES)}, said, #VALUE!))))""",
    ),
    "om_stage": (
        "initial or maintenance.",
        f"LAMBDA(cell, LET(said, om_word(cell), IF({any_of('said', _STAGES)}, said, #VALUE!)))",
    ),
    "om_reading": (
        "replace, double or accumulate.",
        f"LAMBDA(cell, LET(said, om_word(cell), IF({any_of('said', _READINGS)}, said, #VALUE!)))",
    ),
    "om_book_name": (
        "The name of a rule book that stands on the sheet Book.",
        """LAMBDA(cell, LET(said, SUBSTITUTE(SUBSTITUTE(om_word(cell), "_", "-"), " ", "-"),
            IF(ISERROR(said), said, IF(ISNUMBER(XMATCH(said, om_books)), said, #VALUE!))))""",
    ),
    "om_number": (
        "A number, or text that can be one number only.",
        """LAMBDA(cell, IF(ISERROR(cell), cell, IF(ISNUMBER(cell), IF(ABS(cell)>1E12, #NUM!, cell),
            IF(ISTEXT(cell), om_written_number(cell), #VALUE!))))""",
    ),
    "om_fraction": (
        "A number, or a percentage as text.",
        """LAMBDA(cell, IF(ISTEXT(cell), IF(RIGHT(TRIM(cell))="%", om_written_number(LEFT(TRIM(cell), LEN(TRIM(cell))-1))/100,
            om_number(cell)), om_number(cell)))""",
    ),
    "om_written_number": (
        "A number from text such as 1,234.50, $5 or (5); what could be two numbers, 1,234, is #VALUE!.",
        f"""LAMBDA(text, LET(
            said, om_word(text),
            bare, TRIM({_without(f"SUBSTITUTE(said,{quoted(_MINUS)},{quoted('-')})", _CURRENCIES)}),
            sign, LEFT(bare),
            signed, (sign="-")+(sign="+"),
            unsigned, IF(signed, TRIM(MID(bare, 2, 99)), bare),
            bracketed, (LEFT(unsigned)="(")*(RIGHT(unsigned)=")")*(sign<>"+"),
            trailing, (RIGHT(unsigned)="-")*(signed=0),
            digits, IF(bracketed, TRIM(MID(unsigned, 2, LEN(unsigned)-2)), IF(trailing, TRIM(LEFT(unsigned, LEN(unsigned)-1)), unsigned)),
            by_point, om_digits(digits, ".", ","),
            by_comma, om_digits(digits, ",", "."),
            found, IF(by_point="", by_comma, IF(by_comma="", by_point, IF(by_point=by_comma, by_point, ""))),
            IF(ISERROR(said), said, IF(ISNUMBER(found), IF(found>1E12, #NUM!, IF((sign="-")+bracketed+trailing, -found, found)), #VALUE!))))""",
    ),
    "om_digits": (
        "The number that unsigned digits write with this decimal sign, the others in threes; empty where they don't.",
        f"""LAMBDA(digits, point, group, LET(
            plain, SUBSTITUTE(digits, group, ""),
            signs, {_without("plain", _DIGITS)},
            whole, LEFT(digits, FIND(point, digits&point)-1),
            groups, LEN(whole)-LEN(SUBSTITUTE(whole, group, "")),
            padded, REPT(" ", 16)&whole,
            from_right, LEN(padded),
            in_threes, (LEFT(whole)<>"0")*(LEN(whole)-4*groups>=1)*(LEN(whole)-4*groups<=3)*(MID(padded, from_right-3, 1)=group)
                *((groups<2)+(MID(padded, from_right-7, 1)=group))*((groups<3)+(MID(padded, from_right-11, 1)=group))*(groups<4),
            IF(((signs="")+(signs=point))*(LEN(plain)>LEN(signs))*(LEN(digits)-LEN(plain)=groups)*((groups=0)+in_threes),
                NUMBERVALUE(plain, point, group), "")))""",
    ),
    "om_date": (
        "A day from a date, its number, or text that can be one day only.",
        """LAMBDA(cell, IF(ISERROR(cell), cell, IF(ISNUMBER(cell), om_serial_day(cell),
            IF(ISTEXT(cell), om_written_day(cell), #VALUE!))))""",
    ),
    "om_serial_day": (
        "A day from a number: a spreadsheet's date, or 20221223.",
        """LAMBDA(number, IF(number<>INT(number), IF((number>=18264)*(number<=109574), INT(number), #VALUE!),
            IF((number>=18264)*(number<=99999), number, IF((number>=19500101)*(number<=21991231),
                om_calendar_day(INT(number/10000), INT(MOD(number, 10000)/100), MOD(number, 100)), #VALUE!))))""",
    ),
    "om_written_day": (
        "A day from text: YYYY-MM-DD, YYYY/MM/DD or YYYYMMDD; another form is #VALUE!.",
        f"""LAMBDA(text, LET(
            said, SUBSTITUTE(om_word(text), "/", "-"),
            only_digits, LEN({_without("said", _DIGITS)})=0,
            dash, FIND("-", said&"------", 6),
            found, om_calendar_day(om_part(said, 1, 4), om_part(said, 6, dash-6), om_part(said, dash+1, 2)),
            IF(ISERROR(said), said, IF(only_digits, IF((LEN(said)=5)+(LEN(said)=8), om_serial_day(NUMBERVALUE(said, ".", ",")), #VALUE!),
                IF(ISERROR(found), #VALUE!,
                    IF((LEN(said)<=10)*(SUBSTITUTE(said, "-0", "-")=YEAR(found)&"-"&MONTH(found)&"-"&DAY(found)), found, #VALUE!))))))""",
    ),
    "om_part": (
        "A part of a text as a number.",
        """LAMBDA(text, start, length, NUMBERVALUE(MID(text, start, length), ".", ","))""",
    ),
    "om_calendar_day": (
        "The day of a year, a month and a day; #VALUE! where the calendar has none from 1950 to 2199.",
        """LAMBDA(of_year, of_month, of_day, LET(found, DATE(of_year, of_month, of_day),
            IF((of_year>=1950)*(of_year<=2199)*(MONTH(found)=of_month)*(DAY(found)=of_day), found, #VALUE!)))""",
    ),
    "om_above": ("A number greater than a bound.", "LAMBDA(number, bound, IF(number>bound, number, #NUM!))"),
    "om_at_least": ("A number that is a bound or greater.", "LAMBDA(number, bound, IF(number>=bound, number, #NUM!))"),
    "om_at_most": ("A number that is a bound or less.", "LAMBDA(number, bound, IF(number<=bound, number, #NUM!))"),
    "om_whole": ("A whole number.", "LAMBDA(number, IF(number=INT(number), number, #NUM!))"),
}

_WORDS = {
    Unit.RIGHT: "om_right",
    Unit.DATE: "om_date",
    Unit.BOOK: "om_book_name",
    Unit.ASSET_CLASS: "om_class",
    Unit.STAGE: "om_stage",
    Unit.READING: "om_reading",
}
_NUMBERS = frozenset(
    {Unit.USD, Unit.USD_PER_SHARE, Unit.CONTRACTS, Unit.SHARES, Unit.FRACTION, Unit.TIMES, Unit.SLOTS, Unit.DAYS, Unit.PARACHUTES}
)  # fmt: skip


def reading(argument: Argument, name: str) -> str:
    """The part of a formula that reads an argument; empty text is an optional one that isn't given.

    Args:
        argument: as it was declared.
        name: what the formula calls it.

    Raises:
        ValueError: for an argument that a LAMBDA name has no reading for.
    """
    if argument.about.unit not in _NUMBERS and argument.about.unit not in _WORDS:
        raise ValueError(f"{argument.name}: a LAMBDA name doesn't read a {argument.about.unit}")
    read = _read(argument, name)
    if argument.required:
        return read
    default = _written(argument.default)
    return f"IF(ISOMITTED({name}),{default},IF(om_blank({name}),{default},{read}))"


def _read(argument: Argument, name: str) -> str:
    about = argument.about
    if about.unit in _WORDS:
        return f"{_WORDS[about.unit]}({name})"
    read = f"om_fraction({name})" if about.unit is Unit.FRACTION else f"om_number({name})"
    if about.above is not None:
        read = f"om_above({read},{about.above:.10g})"
    if about.at_least is not None:
        read = f"om_at_least({read},{about.at_least:.10g})"
    if about.at_most is not None:
        read = f"om_at_most({read},{about.at_most:.10g})"
    return f"om_whole({read})" if about.whole else read


def _written(default: object) -> str:
    """A default as a formula writes it."""
    if default is None:
        return '""'
    return quoted(default) if isinstance(default, str) else f"{default:.10g}"
