"""The instruments table: facts on index options, futures and leveraged funds, each with a source."""

from __future__ import annotations

import tomllib
from importlib import resources

import pytest

from optmargin.core.contracts import AssetClass, Settlement, Style
from optmargin.core.instruments import instrument, instruments


def table() -> dict[str, dict[str, dict[str, object]]]:
    """The file as it is."""
    text = resources.files("optmargin.core").joinpath("instruments.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@pytest.mark.parametrize(
    ("root", "underlying", "style", "settlement"),
    [
        ("SPX", "SPX", Style.EUROPEAN, Settlement.AM),
        ("SPXW", "SPX", Style.EUROPEAN, Settlement.PM),
        ("XSP", "XSP", Style.EUROPEAN, Settlement.PM),
        ("NDX", "NDX", Style.EUROPEAN, Settlement.AM),
        ("NDXP", "NDX", Style.EUROPEAN, Settlement.PM),
        ("XND", "XND", Style.EUROPEAN, Settlement.PM),
        ("RUT", "RUT", Style.EUROPEAN, Settlement.AM),
        ("RUTW", "RUT", Style.EUROPEAN, Settlement.PM),
        ("MRUT", "MRUT", Style.EUROPEAN, Settlement.PM),
        ("DJX", "DJX", Style.EUROPEAN, Settlement.AM),
        ("OEX", "OEX", Style.AMERICAN, Settlement.PM),
        ("XEO", "OEX", Style.EUROPEAN, Settlement.PM),
    ],
)
def test_broad_index_options_pay_cash_on_100_times_the_index(
    root: str, underlying: str, style: Style, settlement: Settlement
) -> None:
    """Product specifications of Cboe and Nasdaq."""
    row = instrument(root)
    assert (row.underlying, row.multiplier, row.asset_class) == (underlying, 100, AssetClass.BROAD_INDEX)
    assert (row.style, row.settlement, row.cash_settled, row.leverage) == (style, settlement, True, 1)


def test_nqx_is_a_broad_index_of_its_own() -> None:
    """LEAN: NQX is NDX / 5, multiplier 100."""
    assert (instrument("NQX").underlying, instrument("NQX").multiplier) == ("NQX", 100)
    assert instrument("NQX").asset_class is AssetClass.BROAD_INDEX


@pytest.mark.parametrize("root", ["VIX", "VIXW"])
def test_vix_options_have_the_rates_of_a_narrow_index_and_settle_at_the_opening(root: str) -> None:
    """Cboe's VIX specification: 20 %, European, settled at the opening of its own Wednesdays."""
    row = instrument(root)
    assert (row.underlying, row.multiplier, row.asset_class) == ("VIX", 100, AssetClass.NARROW_INDEX)
    assert (row.style, row.settlement, row.cash_settled) == (Style.EUROPEAN, Settlement.AM, True)


@pytest.mark.parametrize(
    ("root", "multiplier"),
    [
        ("ES", 50), ("MES", 5), ("NQ", 20), ("MNQ", 2), ("RTY", 50), ("M2K", 5), ("YM", 5), ("MYM", 0.5), ("EMD", 100),
        ("VX", 1000), ("VXM", 100), ("CL", 1000), ("GC", 100), ("ZN", 1000), ("ZB", 1000),
    ],
)  # fmt: skip
def test_futures_have_their_multipliers(root: str, multiplier: float) -> None:
    """LEAN's symbol properties database; TradeStation for the micros."""
    assert (instrument(root).multiplier, instrument(root).asset_class) == (multiplier, AssetClass.FUTURE)


@pytest.mark.parametrize(
    "root",
    ["EW", "EW1", "EW2", "EW3", "EW4", "EYC", *(f"E{week}{letter}" for week in range(1, 6) for letter in "ABCD")],
)
def test_weekly_and_month_end_options_on_the_e_mini_are_european_on_50_times_es(root: str) -> None:
    """CME Group, weekly equity index options; the summary of vicaws."""
    row = instrument(root)
    assert (row.underlying, row.multiplier, row.asset_class, row.style) == ("ES", 50, AssetClass.FUTURE, Style.EUROPEAN)


def test_ex1_is_an_option_on_the_micro() -> None:
    """CME Group, Micro E-mini S&P 500 weekly options."""
    assert (instrument("EX1").underlying, instrument("EX1").multiplier) == ("MES", 5)


@pytest.mark.parametrize("root", ["SPY", "QQQ", "IWM", "DIA"])
def test_funds_on_broad_indices_deliver_shares(root: str) -> None:
    """Cboe and Nasdaq compare them with the options on SPX, NDX, RUT and DJX."""
    row = instrument(root)
    assert (row.multiplier, row.asset_class, row.leverage) == (100, AssetClass.BROAD_ETF, 1)
    assert (row.style, row.cash_settled) == (Style.AMERICAN, False)


@pytest.mark.parametrize(
    ("root", "factor", "asset_class"),
    [
        ("SSO", 2, "broad_etf"), ("SDS", 2, "broad_etf"), ("QLD", 2, "broad_etf"), ("QID", 2, "broad_etf"),
        ("UPRO", 3, "broad_etf"), ("SPXU", 3, "broad_etf"), ("SPXL", 3, "broad_etf"), ("SPXS", 3, "broad_etf"),
        ("TQQQ", 3, "broad_etf"), ("SQQQ", 3, "broad_etf"), ("TNA", 3, "broad_etf"), ("TZA", 3, "broad_etf"),
        ("SOXL", 3, "etf"), ("SOXS", 3, "etf"), ("FAS", 3, "etf"), ("FAZ", 3, "etf"), ("TMF", 3, "etf"),
        ("UVXY", 1.5, "etf"),
    ],
)  # fmt: skip
def test_leveraged_funds_have_their_factor_without_sign(root: str, factor: float, asset_class: str) -> None:
    """The funds' own pages: 2x or 3x the daily performance, or its inverse."""
    assert (instrument(root).leverage, instrument(root).asset_class) == (factor, AssetClass(asset_class))


def test_an_unknown_root_is_assumed_to_be_a_stock() -> None:
    row = instrument(" vphm ")
    assert (row.root, row.underlying, row.multiplier, row.asset_class) == ("VPHM", "VPHM", 100, AssetClass.EQUITY)
    assert (row.style, row.cash_settled, row.leverage, row.assumed) == (Style.AMERICAN, False, 1, True)
    assert not instrument("spx").assumed


def test_a_share_that_shares_its_ticker_with_a_future_is_told_apart() -> None:
    """ES is Eversource Energy, CL Colgate-Palmolive, EW Edwards Lifesciences."""
    for ticker in ("ES", "CL", "EW"):
        assert instrument(ticker).asset_class is AssetClass.FUTURE
        share = instrument(ticker, futures=False)
        assert (share.asset_class, share.multiplier, share.underlying, share.assumed) == (
            AssetClass.EQUITY,
            100,
            ticker,
            True,
        )
    assert instrument("SPX", futures=False) is instrument("SPX")


def test_every_row_has_a_source_that_can_be_looked_up_and_every_source_a_row() -> None:
    sources = table()["sources"]
    assert {row.source for row in instruments().values()} == set(sources)
    for source in sources.values():
        assert source["title"]
        assert source["date"]
        assert str(source["url"]).startswith("http")


def test_every_row_is_of_the_known_shape_and_its_underlying_has_a_row() -> None:
    known = {
        "underlying",
        "multiplier",
        "asset_class",
        "style",
        "settlement",
        "cash_settled",
        "leverage",
        "source",
        "is_volatility_index",
    }
    for root, row in table()["instruments"].items():
        assert set(row) <= known, root
        assert instrument(root).underlying in instruments(), root
        assert instrument(instrument(root).underlying).multiplier == instrument(root).multiplier, root
