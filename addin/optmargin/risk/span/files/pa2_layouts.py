"""Where each field of the expanded unpacked format stands: columns of every record type that is read or written.

Source: CME, SPAN Risk Parameter File Layouts for the Positional Formats, expanded format (pages "Type 0" to "Type 8", "B", "C", "E",
"P", "S", "T"). Columns count from 1, both ends inclusive. A field has text, or a number with its implied decimals. Only what SPAN's
arithmetic needs, or a reader wants to know, is listed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Field:
    """Columns of a record.

    Attributes:
        first, last: counted from 1, inclusive.
        decimals: how many of the digits of a number are decimals; None for text.
    """

    first: int
    last: int
    decimals: int | None = None

    @property
    def width(self) -> int:
        """How many columns it takes."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Layout:
    """One type of record.

    Attributes:
        id: its first two columns.
        about: what it holds, for people.
        shortest: the fewest columns that a line of it may have, trailing blanks cut off.
        fields: by name; a repeated group has a number at the end of each name, from 1.
    """

    id: str
    about: str
    shortest: int
    fields: Mapping[str, Field]


def _repeated(count: int, step: int, **group: tuple[int, ...]) -> dict[str, Field]:
    """The fields of a repeated group: ``code=(13, 18)`` becomes ``code 1``, ``code 2`` and so on, ``step`` columns apart."""
    return {
        f"{name.replace('_', ' ')} {number + 1}": Field(
            columns[0] + number * step, columns[1] + number * step, *columns[2:]
        )
        for number in range(count)
        for name, columns in group.items()
    }


def _fields(**columns: tuple[int, ...]) -> dict[str, Field]:
    return {name.replace("_", " "): Field(*each) for name, each in columns.items()}


TIERS_OF_S, TIERS_OF_3 = 5, 4
LEGS_OF_C, LEGS_OF_E, LEGS_OF_6 = 8, 4, 4
MONTHS_OF_4 = 2
PRODUCTS_OF_2 = 6
CODES_OF_5 = 10

_PRODUCT = {"exchange": (3, 5), "product": (6, 15), "type": (16, 18)}

HEADER = Layout(
    "0 ",
    "header",
    36,
    _fields(
        complex=(3, 8), date=(9, 16), settlement_or_intraday=(17, 17), file_identifier=(18, 19), time=(20, 23),
        created=(24, 35), format=(36, 37),
    ),
)  # fmt: skip
CURRENCY = Layout("T ", "rate of exchange", 20, _fields(origin=(3, 5), to=(7, 9), multiplier=(11, 20, 6)))
EXCHANGE = Layout("1 ", "exchange", 5, _fields(exchange=(3, 5), code=(8, 9)))
PRICES = Layout(
    "P ",
    "prices of a product",
    55,
    _fields(
        **_PRODUCT, name=(19, 33), settlement_decimals=(34, 36), strike_decimals=(37, 39), settlement_alignment=(40, 40),
        strike_alignment=(41, 41), value_factor=(42, 55, 7), currency=(66, 68), value_factor_exponent_sign=(73, 73),
        value_factor_exponent=(74, 75, 0), style=(76, 79), long_name=(80, 114), positionable=(115, 115),
        valuation=(117, 121), settlement=(122, 126),
    ),
)  # fmt: skip
COMMODITY = Layout(
    "2 ",
    "combined commodity",
    35,
    _fields(
        exchange=(3, 5), commodity=(7, 12), risk_exponent=(13, 13, 0), currency=(14, 16), option_style=(18, 18),
        limit_option_value=(19, 19), combination_method=(20, 20),
    )
    | _repeated(
        PRODUCTS_OF_2, 16, product=(23, 32), type=(33, 35), array_decimals=(36, 36, 0), array_decimals_sign=(37, 37)
    ),
)  # fmt: skip
SCAN_TIERS = Layout(
    "S ",
    "scanning and intercommodity tiers",
    10,
    _fields(commodity=(3, 8), method=(9, 10), tiers=(11, 12, 0), price_risk_method=(83, 83))
    | _repeated(TIERS_OF_S, 14, tier=(13, 14, 0), start=(15, 20, 0), end=(21, 26, 0))
    | _repeated(TIERS_OF_S, 4, start_code=(84, 85), end_code=(86, 87))
    | _repeated(TIERS_OF_S, 7, minimum_rate=(104, 110, 0)),
)
INTRA_TIERS = Layout(
    "3 ",
    "intracommodity spread method",
    10,
    _fields(
        commodity=(3, 8),
        method=(9, 10),
        member_ratio=(69, 72, 3),
        hedger_ratio=(73, 76, 3),
        speculator_ratio=(77, 80, 3),
    )
    | _repeated(TIERS_OF_3, 14, tier=(11, 12, 0), start=(13, 18, 0), end=(19, 24, 0))
    | _repeated(TIERS_OF_3, 4, start_code=(81, 82), end_code=(83, 84)),
)
TIER_SPREAD = Layout(
    "C ",
    "tier to tier spread",
    35,
    _fields(commodity=(3, 8), method=(9, 10), priority=(11, 12, 0), legs=(13, 14, 0), rate=(15, 21, 0))
    | _repeated(LEGS_OF_C, 7, leg=(22, 23, 0), tier=(24, 25, 0), ratio=(26, 27, 0), side=(28, 28)),
)
SERIES_SPREAD = Layout(
    "E ",
    "series to series spread",
    34,
    _fields(commodity=(3, 8), priority=(9, 13, 0), rate=(14, 20, 0))
    | _repeated(LEGS_OF_E, 14, month=(21, 24, 0), rest_of_month=(25, 27), ratio=(28, 33, 4), side=(34, 34)),
)
SPOT = Layout(
    "4 ",
    "delivery charge and short option minimum",
    10,
    _fields(
        commodity=(3, 8), method=(9, 10), months=(11, 12, 0), minimum_rate=(63, 69, 0), member_adjustment=(70, 72, 2),
        hedger_adjustment=(73, 75, 2), speculator_adjustment=(76, 78, 2), minimum_method=(79, 79),
    )
    | _repeated(MONTHS_OF_4, 22, number=(13, 14, 0), month=(15, 20, 0), per_spread=(21, 27, 0), per_outright=(28, 34, 0))
    | _repeated(MONTHS_OF_4, 2, month_code=(57, 58)),
)  # fmt: skip
SERIES = Layout(
    "B ",
    "array parameters of a series",
    91,
    _fields(
        **_PRODUCT, future_month=(19, 24, 0), future_code=(25, 26), option_month=(28, 33, 0), option_code=(34, 35),
        base_volatility=(37, 44, 6), volatility_scan=(45, 52, 6), price_scan=(53, 57, 0), extreme_multiplier=(58, 62, 3),
        extreme_cover=(63, 67, 4), rate=(68, 72, 4), years=(73, 79, 6), lookahead=(80, 85, 6), delta_scaling=(86, 91, 4),
        expiry=(92, 99, 0), underlying=(100, 109), model=(110, 111), value_factor=(129, 142, 7),
        value_factor_exponent=(143, 144, 0), value_factor_exponent_sign=(145, 145), volatility_scan_exponent=(149, 150, 0),
        volatility_scan_exponent_sign=(151, 151), volatility_scan_quote=(164, 164), price_scan_quote=(165, 165),
        price_scan_exponent=(166, 167, 0), price_scan_exponent_sign=(168, 168),
    ),
)  # fmt: skip
GROUP = Layout(
    "5 ", "group of combined commodities", 18, _fields(group=(3, 5)) | _repeated(CODES_OF_5, 6, code=(13, 18))
)
INTER_SPREAD = Layout(
    "6 ",
    "intercommodity spread",
    34,
    _fields(
        group=(3, 5), priority=(6, 9, 0), credit=(10, 16, 4), flat_credit=(10, 16, 2), method=(89, 90),
        target_exchange=(91, 93), target_required=(94, 94), target=(95, 100), credit_method=(101, 101),
        super=(110, 110), target_ratio=(111, 117, 4), fewest_legs=(118, 121, 0), separate=(122, 122), eligibility=(151, 151),
    )
    | _repeated(LEGS_OF_6, 18, exchange=(17, 19), required=(20, 20), commodity=(21, 26), ratio=(27, 33, 4), side=(34, 34))
    | _repeated(LEGS_OF_6, 2, tier=(102, 103, 0))
    | _repeated(LEGS_OF_6, 7, credit=(123, 129, 4), flat_credit=(123, 129, 2)),
)  # fmt: skip

LAYOUTS: Mapping[str, Layout] = {
    layout.id[0]: layout
    for layout in (
        HEADER, CURRENCY, EXCHANGE, PRICES, COMMODITY, SCAN_TIERS, INTRA_TIERS, TIER_SPREAD, SERIES_SPREAD, SPOT, SERIES,
        GROUP, INTER_SPREAD,
    )
}  # fmt: skip

_KEY = {
    "exchange": (3, 5), "product": (6, 15), "underlying": (16, 25), "type": (26, 28), "right": (29, 29),
    "future_month": (30, 35), "future_code": (36, 37), "option_month": (39, 44), "option_code": (45, 46),
    "strike": (48, 54, 0),
}  # fmt: skip
KEY_COLUMNS = 54  # the columns by which the two records of a contract belong together
FIRST_VALUES, SECOND_VALUES = 9, 7


@dataclass(frozen=True, slots=True)
class ArrayLayout:
    """The two records of a contract's risk array: 81 and 82, or 83 and 84 whose values are wider.

    Attributes:
        first, second: the layout of each.
        width: digits of one value, without the sign that follows it; values stand from column 55 on.
    """

    first: Layout
    second: Layout
    width: int


ARRAY_VALUES_FROM = 55
NARROW = ArrayLayout(
    Layout("81", "risk array", 108, _fields(**_KEY, precise_price=(109, 122, 0), precise_flag=(123, 123))),
    Layout(
        "82",
        "risk array",
        118,
        _fields(
            **_KEY, delta=(97, 101, 4), delta_sign=(102, 102), volatility=(103, 110, 6), price=(111, 117, 0),
            price_sign=(118, 118), strike_sign=(119, 119), volatility_exponent=(135, 136, 0),
            volatility_exponent_sign=(137, 137), value_factor=(138, 151, 7), value_factor_exponent=(152, 153, 0),
            value_factor_exponent_sign=(154, 154),
        ),
    ),
    5,
)  # fmt: skip
WIDE = ArrayLayout(
    Layout("83", "risk array", 135, _fields(**_KEY, precise_price=(136, 149, 0), precise_flag=(150, 150))),
    Layout(
        "84",
        "risk array",
        139,
        _fields(
            **_KEY, delta=(118, 122, 4), delta_sign=(123, 123), volatility=(124, 131, 6), price=(132, 138, 0),
            price_sign=(139, 139), strike_sign=(140, 140),
        ),
    ),
    8,
)  # fmt: skip
