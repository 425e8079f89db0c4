"""Series of an expanded unpacked file: what type B records say of them, and those that only risk arrays know."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from optmargin.core.errors import MarginError
from optmargin.risk.span.files.gathered import Column
from optmargin.risk.span.files.pa2_records import Record
from optmargin.risk.span.model import Kind, Product, period

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from optmargin.risk.span.files.pa2_arrays import RawArrays
    from optmargin.risk.span.files.pa2_drafts import CommodityDraft, ProductDraft

OPTIONS = frozenset({Kind.OPTION_ON_FUTURE, Kind.OPTION_ON_PHYSICAL, Kind.OPTION_ON_COMBINATION})

SeriesKey = tuple[int, bytes, bytes]
"""Index of the product, month and code of the future, month and code of the option, as eight characters each."""


@dataclass(slots=True)
class SeriesRows:
    """Series in the order in which they are met, and the columns of the table of them.

    Attributes:
        index: number of each series.
        columns: of the table of series.
    """

    index: dict[SeriesKey, int] = field(default_factory=dict)
    columns: dict[str, list[Column]] = field(default_factory=dict)

    def add(self, key: SeriesKey, columns: Mapping[str, Column]) -> None:
        """One more series."""
        self.index[key] = len(self.index)
        for name, value in columns.items():
            self.columns.setdefault(name, []).append(value)


def series_of_records(draft: CommodityDraft, products: list[Product]) -> SeriesRows:
    """The series that type B records describe."""
    series = SeriesRows()
    for place, record in draft.series:
        key = (place, _month(record, "future"), _month(record, "option"))
        if key in series.index:
            raise record.refusal(
                "product", "a second record of this series", "the file contradicts itself; fetch it again"
            )
        series.add(key, _series_columns(draft.products[place], key, record, products[place].value_factor, record))
    return series


def _month(record: Record, which: str) -> bytes:
    """Month and code as eight characters, zeros where they are blank."""
    return f"{record.count(f'{which} month', 0):06d}{record.text(f'{which} code') or '00':>2}".replace(" ", "0").encode(
        "latin-1"
    )


def _series_columns(
    product: ProductDraft, key: SeriesKey, record: Record | None, value_factor: float, place: Record
) -> dict[str, Column]:
    """One row of the table of series: of a type B record, or of a series that has none."""
    _, future, option = key
    own = _period(place, option)
    is_option = product.kind in OPTIONS
    columns: dict[str, Column] = {
        "product": key[0],
        "period": (_period(place, future) or own) if is_option else _period(place, future),
        "option_period": own if is_option else 0,
        "value_factor": value_factor,
        "expiry": np.datetime64("NaT"),
        "delta_scaling": 1.0,  # where no B record says otherwise; source: notes on type B
        "volatility_scan_relative": True,
    }
    unknown = dict.fromkeys(
        (
            "scan_up",
            "scan_down",
            "volatility_scan",
            "extreme_multiplier",
            "extreme_cover",
            "years",
            "lookahead",
            "rate",
        ),
        math.nan,
    )
    return columns | (unknown if record is None else _parameters(record, value_factor))


def _parameters(record: Record, value_factor: float) -> dict[str, Column]:
    """The array parameters of a type B record."""
    own_factor = record.number_of("value factor", 0) * record.power("value factor exponent")
    scan = record.number_of("price scan", math.nan) * record.power("price scan exponent")
    if record.text("price scan quote") == "P":
        scan = math.nan  # a share of the contract's value, not an amount
    volatility, is_relative = _volatility_scan(record)
    return {
        "value_factor": own_factor or value_factor,
        "expiry": _day(record, "expiry"),
        "delta_scaling": record.number_of("delta scaling", 1.0),
        "scan_up": scan,
        "scan_down": scan,
        "volatility_scan": volatility,
        "volatility_scan_relative": is_relative,
        "extreme_multiplier": record.number_of("extreme multiplier", math.nan),
        "extreme_cover": record.number_of("extreme cover", math.nan),
        "years": record.number_of("years", math.nan),
        "lookahead": record.number_of("lookahead", math.nan),
        "rate": record.number_of("rate", math.nan),
    }


def _volatility_scan(record: Record) -> tuple[float, bool]:
    """Volatility scan range as a fraction, and whether it is one of the volatility itself.

    The quote says P for a share of the volatility and A for an absolute amount; blank stands beside 35.000000, which can only be
    35 per cent.
    """
    scan = record.number_of("volatility scan", math.nan) * record.power("volatility scan exponent")
    quote = record.text("volatility scan quote")
    if quote == "P" or (quote != "A" and not scan < 1):
        return (scan / 100 if scan >= 1 else scan), True
    return scan, False


def _day(record: Record, name: str) -> np.datetime64:
    digits = f"{record.count(name, 0):08d}"
    if digits == "00000000":
        return np.datetime64("NaT")
    try:
        return np.datetime64(f"{digits[:4]}-{digits[4:6]}-{digits[6:]}", "D")
    except ValueError:
        raise record.refusal(name, f"'{digits}' isn't a day", "the file is damaged; fetch it again") from None


def _period(place: Record, characters: bytes) -> int:
    """The period of month and code, eight characters.

    Raises:
        MarginError: ``#VALUE!`` for anything but a month and a code.
    """
    text = characters.decode("latin-1")
    month = text[:6]
    if month.isascii() and month.isdigit() and (month == "000000" or 1 <= int(month[4:]) <= 12):
        try:
            return period(int(month), text[6:])
        except MarginError:
            pass
    raise place.source.refusal(
        f"contract month '{text}' isn't a month and a day or week code",
        "the file is damaged; fetch it again",
        line=place.number,
    )


def series_of_arrays(
    series: SeriesRows, draft: CommodityDraft, products: list[Product], raw: RawArrays
) -> NDArray[np.int64]:
    """The series of each contract; those without a type B record are added."""
    keys = np.concatenate((raw.future, raw.option), axis=1)
    changes = (keys[1:] != keys[:-1]).any(axis=1) | (raw.product[1:] != raw.product[:-1])
    begins = np.concatenate(([0], np.flatnonzero(changes) + 1))
    found = np.empty(len(begins), dtype=np.int64)
    for run, at in enumerate(begins.tolist()):
        text = keys[at].tobytes()
        key = (int(raw.product[at]), text[:8], text[8:])
        if key not in series.index:
            place = Record(draft.head.source, int(raw.line[at]), draft.head.layout, "")
            product = draft.products[key[0]]
            series.add(key, _series_columns(product, key, None, products[key[0]].value_factor, place))
        found[run] = series.index[key]
    return np.repeat(found, np.diff(np.append(begins, len(keys))))
