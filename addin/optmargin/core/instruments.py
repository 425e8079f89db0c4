"""The instruments table: what each root of options or futures is; facts with their sources, in ``instruments.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from optmargin.core.contracts import AssetClass, Settlement, Style


@dataclass(frozen=True, slots=True)
class Instrument:
    """What options on one root (or shares, or futures) are.

    Attributes:
        root: the root of the option symbol, such as ``SPXW``.
        underlying: what they are options on, such as ``SPX``.
        multiplier: shares, or USD per index point, for one contract.
        asset_class: the class by which rule books set their rates.
        style: American or European exercise.
        settlement: AM or PM settlement of a standard monthly expiry; all other expiries are PM-settled.
        cash_settled: whether exercise pays cash instead of moving shares.
        leverage: how many times the fund moves its index; 1 for everything else. Inverse funds carry the same factor.
        source: the key of the source in the table.
        is_volatility_index: whether it is one, for which books may have a minimum of their own.
        assumed: True when the root isn't in the table, so that all this is what an ordinary stock option would be.
    """

    root: str
    underlying: str
    multiplier: float
    asset_class: AssetClass
    style: Style
    settlement: Settlement
    cash_settled: bool
    leverage: float
    source: str
    is_volatility_index: bool = False
    assumed: bool = False


@lru_cache(maxsize=1)
def instruments() -> dict[str, Instrument]:
    """The whole table by root. Roots that differ only in settlement (SPX, SPXW) are rows of their own."""
    text = resources.files("optmargin.core").joinpath("instruments.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    sources = table["sources"]
    rows: dict[str, Instrument] = {}
    for root, row in table["instruments"].items():
        if row["source"] not in sources:
            raise ValueError(f"instruments.toml: {root} cites {row['source']!r}, which isn't among its sources")
        rows[root] = Instrument(
            root=root,
            underlying=row.get("underlying", root),
            multiplier=float(row["multiplier"]),
            asset_class=AssetClass(row["asset_class"]),
            style=Style(row.get("style", "american")),
            settlement=Settlement(row.get("settlement", "pm")),
            cash_settled=bool(row.get("cash_settled", False)),
            leverage=float(row.get("leverage", 1)),
            source=row["source"],
            is_volatility_index=bool(row.get("is_volatility_index", False)),
        )
    return rows


def instrument(root: str, *, futures: bool | None = None) -> Instrument:
    """What options on ``root`` are; an unknown root is an ordinary stock with multiplier 100, marked ``assumed``.

    Some roots of futures are tickers of shares too: ES is the E-mini and Eversource Energy, CL crude oil and
    Colgate-Palmolive.

    Args:
        root: the root of the option symbol, or a ticker; case and blanks don't matter.
        futures: False where the file says that it is no future and no option on one: futures are then passed over.
    """
    name = root.strip().upper()
    found = instruments().get(name)
    if found is not None and (futures is not False or found.asset_class is not AssetClass.FUTURE):
        return found
    return Instrument(
        root=name,
        underlying=name,
        multiplier=100.0,
        asset_class=AssetClass.EQUITY,
        style=Style.AMERICAN,
        settlement=Settlement.PM,
        cash_settled=False,
        leverage=1.0,
        source="",
        assumed=True,
    )
