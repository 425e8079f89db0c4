"""What each book says, as sentences with their sources; the figures are typed from the sources, not from the books."""

from __future__ import annotations

import datetime as dt

import pytest

from optmargin.core.contracts import AssetClass
from optmargin.rules.book import TermsInForce, book
from optmargin.rules.terms import (
    CashSpreads,
    Convention,
    CoveredCallForm,
    CoveredPutForm,
    ExpiriesRule,
    PutMinimumBase,
    SettlementRule,
    SpreadRule,
)

CLASSES = (AssetClass.EQUITY, AssetClass.NARROW_INDEX, AssetClass.BROAD_INDEX, AssetClass.ETF, AssetClass.BROAD_ETF)


def now(name: str) -> TermsInForce:
    """A book's latest terms."""
    return book(name).on(None)


def on(name: str, year: int, month: int, day: int) -> TermsInForce:
    """A book's terms on a day."""
    return book(name).on(dt.date(year, month, day))


def by_class(*rates: float) -> dict[AssetClass, float]:
    """Rates in the order equity, narrow index, broad index, ETF, broad ETF."""
    return dict(zip(CLASSES, rates, strict=True))


def test_cboe_counts_gross_ibkr_its_field_and_tastytrade_net() -> None:
    """Each author's own bookkeeping: Cboe Margin Manual, TWS fields, tastytrade's buying power effect."""
    conventions = {name: now(name).convention for name in ("cboe", "ibkr", "ibkr-2005", "tastytrade")}
    assert conventions == {
        "cboe": Convention.GROSS, "ibkr": Convention.FIELD, "ibkr-2005": Convention.FIELD, "tastytrade": Convention.NET,
    }  # fmt: skip


def test_the_books_begin_where_their_sources_do() -> None:
    """Butterflies Aug 1999; FINRA RN 12-44 of 26 Oct 2012; IB's page as quoted in May 2004; tastyworks' articles."""
    assert book("cboe").first_day == dt.date(1999, 8, 1)
    assert book("ibkr").first_day == dt.date(2012, 10, 26)
    assert book("ibkr-2005").first_day == dt.date(2004, 5, 1)
    assert book("tastytrade").first_day == dt.date(2019, 1, 1)


def test_cboe_asks_20_percent_and_15_on_broad_indices_and_their_funds_and_10_at_least() -> None:
    """Cboe Margin Manual pp. 28-35; Hull, Example 10.3."""
    terms = now("cboe").terms.uncovered
    assert dict(terms.rate) == by_class(0.20, 0.20, 0.15, 0.20, 0.15)
    assert dict(terms.minimum_rate) == by_class(0.10, 0.10, 0.10, 0.10, 0.10)
    assert terms.put_minimum_base is PutMinimumBase.STRIKE
    assert terms.floor_per_share == 0
    assert terms.minimum_includes_premium


def test_a_leveraged_fund_multiplied_option_rates_from_30_april_2010_and_stock_from_1_december_2009() -> None:
    """FINRA Regulatory Notices 09-53 and 09-65."""
    assert not on("cboe", 2010, 4, 29).terms.uncovered.leverage_multiplies
    assert on("cboe", 2010, 4, 30).terms.uncovered.leverage_multiplies
    assert "09-65" in on("cboe", 2010, 4, 30).source("uncovered.leverage_multiplies").title
    assert not on("cboe", 2009, 11, 30).terms.stock.leverage_multiplies
    assert on("cboe", 2009, 12, 1).terms.stock.leverage_multiplies
    assert "09-53" in on("cboe", 2009, 12, 1).source("stock.leverage_multiplies").title


def test_the_universal_spread_rule_came_on_29_august_2012() -> None:
    """SEC order on SR-CBOE-2012-043, 77 FR 54626."""
    assert on("cboe", 2012, 8, 28).terms.spread.rule is SpreadRule.LEGACY
    assert on("cboe", 2012, 8, 29).terms.spread.rule is SpreadRule.UNIVERSAL
    assert "77 FR 54626" in on("cboe", 2012, 8, 29).source("spread.rule").cite
    assert "70 FR 75512" in on("cboe", 2007, 2, 23).source("spread.rule").cite


def test_cboe_charges_a_spread_the_lesser_of_its_loss_and_the_uncovered_requirement_per_expiry() -> None:
    """77 FR 54626; FINRA Regulatory Notice 12-44."""
    terms = now("cboe").terms.spread
    assert terms.lesser_of_uncovered
    assert terms.equal_counts
    assert terms.expiries is ExpiriesRule.SUM
    assert terms.settlement is SettlementRule.SEPARATE
    assert (terms.cost_to_close_factor, terms.volatility_index_minimum) == (0, 0)


def test_cboe_lends_on_long_term_options_and_on_european_boxes() -> None:
    """Cboe Margin Manual pp. 24-27 (75 % beyond nine months) and p. 49 (500 on a box of 1,000)."""
    terms = now("cboe").terms.long_option
    assert terms.long_term_months == 9
    assert (terms.listed_long_term_rate, terms.otc_long_term_intrinsic_rate) == (0.75, 0.75)
    assert terms.european_box_rate == 0.5


def test_cboe_asks_50_percent_of_stock_25_and_30_to_maintain_and_10_of_the_strike_when_hedged() -> None:
    """Regulation T; Cboe Margin Manual pp. 47 and 58-61."""
    terms = now("cboe").terms.stock
    assert (terms.initial_long, terms.initial_short) == (0.50, 0.50)
    assert (terms.maintenance_long, terms.maintenance_short) == (0.25, 0.30)
    assert terms.hedge_rate == 0.10
    assert terms.covered_call is CoveredCallForm.STOCK
    assert terms.covered_call_initial_rate == 0.50
    assert terms.covered_put is CoveredPutForm.STOCK


def test_a_cash_account_at_cboe_may_hold_european_cash_settled_spreads_and_puts_against_cash() -> None:
    """Chicago Board Options Exchange, Margin Manual of April 2000, p. 8; Margin Manual p. 28; p. 3 for the 2,000."""
    terms = now("cboe").terms
    assert terms.cash.spreads is CashSpreads.EUROPEAN_CASH_SETTLED
    assert terms.cash.uncovered_put
    assert terms.account.minimum_equity == 2000


def test_ibkr_asks_20_percent_on_spy_where_the_exchange_asks_15() -> None:
    """TWS in LEAN's tests: 11,022 on the SPY 390 call, 38,000 on the SPX 3800 put, 3,000 on the SPY 300 put."""
    terms = now("ibkr").terms.uncovered
    assert dict(terms.rate) == by_class(0.20, 0.20, 0.15, 0.20, 0.20)
    assert dict(terms.minimum_rate) == by_class(0.10, 0.10, 0.10, 0.10, 0.10)
    assert terms.put_minimum_base is PutMinimumBase.STRIKE
    assert terms.floor_per_share == 0
    assert terms.leverage_multiplies


def test_ibkr_follows_the_universal_spread_rule_with_a_minimum_on_vix_and_the_102_percent_off() -> None:
    """Interactive Brokers, US Options Margin; the per-expiry rule as told in 'FWIW, 1) I focus on three numbers'."""
    terms = now("ibkr").terms.spread
    assert terms.rule is SpreadRule.UNIVERSAL
    assert terms.expiries is ExpiriesRule.SUM
    assert terms.settlement is SettlementRule.SEPARATE
    assert terms.volatility_index_minimum == 150
    assert terms.cost_to_close_factor == 1.02  # where live quotes are given
    assert "102 %" in now("ibkr").version("spread.cost_to_close_factor").note


def test_ibkr_gives_no_loan_on_options() -> None:
    """Interactive Brokers, definition of equity with loan value; TWS shows 0 on a long box."""
    terms = now("ibkr").terms.long_option
    assert (terms.listed_long_term_rate, terms.otc_long_term_intrinsic_rate, terms.european_box_rate) == (1.0, 1.0, 0)


@pytest.mark.parametrize(
    ("day", "long", "short"),
    [
        ((2012, 10, 26), 0.25, 0.30),
        ((2023, 12, 31), 0.25, 0.30),
        ((2024, 1, 1), 0.50, 0.50),
        ((2026, 1, 2), 0.50, 0.50),
    ],
)
def test_ibkr_stock_showed_25_and_30_percent_in_2023_and_50_in_2024(
    day: tuple[int, int, int], long: float, short: float
) -> None:
    """TWS in LEAN's tests: 10,276.15 on 41,104.6 and 12,338.58 on 41,128.6 in 2023; 26,231 on 52,462 in 2024."""
    terms = on("ibkr", *day).terms.stock
    assert (terms.initial_long, terms.initial_short) == (long, short)
    assert (terms.maintenance_long, terms.maintenance_short) == (0.25, 0.30)


def test_ibkr_covered_calls_were_in_the_money_amount_and_25_percent_of_the_stock_in_2023() -> None:
    """Four TWS rows of 2023 (53,714; 38,756; 20,939; 19,325); Place Trade's table for the covered put."""
    terms = on("ibkr", 2023, 5, 10).terms.stock
    assert now("ibkr").terms.stock.covered_call_initial_rate == now("ibkr").terms.stock.initial_long
    assert terms.covered_call is CoveredCallForm.IN_THE_MONEY_PLUS_STOCK
    assert terms.covered_call_initial_rate == 0.25
    assert terms.covered_put is CoveredPutForm.STOCK_PLUS_IN_THE_MONEY
    assert terms.hedge_rate == 0.10


def test_ibkr_iras_hold_spreads_as_margin_accounts_do_and_puts_against_the_strike() -> None:
    """Place Trade, Margin Requirement US Options: columns Cash Accounts and Reg T Margin - IRA."""
    terms = now("ibkr").terms
    assert terms.cash.spreads is CashSpreads.EUROPEAN_CASH_SETTLED
    assert terms.cash.ira_spreads is CashSpreads.ALL
    assert terms.cash.uncovered_put
    assert terms.cash.ira_uncovered_put
    assert (terms.account.minimum_equity, terms.account.buying_power_multiple) == (2000, 4)


def test_ibkr_in_2005_took_10_percent_of_the_underlying_for_puts_too_and_250_per_contract() -> None:
    """'Does anyone really understand margin?', 20 Nov 2005; Elite Trader 32668, May 2004."""
    asked = on("ibkr-2005", 2005, 11, 21)
    terms = asked.terms.uncovered
    assert dict(terms.rate) == by_class(0.20, 0.20, 0.15, 0.20, 0.20)
    assert dict(terms.minimum_rate) == by_class(0.10, 0.10, 0.10, 0.10, 0.10)
    assert terms.put_minimum_base is PutMinimumBase.UNDERLYING
    assert terms.floor_per_share == 2.50
    assert terms.minimum_includes_premium
    assert not terms.leverage_multiplies
    assert asked.source("uncovered.floor_per_share").date == "20 Nov 2005"


def test_ibkr_in_2005_recognised_condors_and_butterflies_with_equal_intervals_only() -> None:
    """Steve_IB on Elite Trader 28526 (Feb 2004); IBKR knowledge base 600 and 603."""
    assert now("ibkr-2005").terms.spread.rule is SpreadRule.LEGACY
    assert not now("ibkr-2005").terms.spread.lesser_of_uncovered


def test_ibkr_in_2005_asked_50_percent_of_stock_and_forbade_uncovered_options_in_iras() -> None:
    """Elite Trader 1728 (92,003 on 184,007 of QQQ); the page quoted in 2005: 'Not allowed for IRA accounts'."""
    terms = now("ibkr-2005").terms
    assert (terms.stock.initial_long, terms.stock.initial_short) == (0.50, 0.50)
    assert (terms.stock.maintenance_long, terms.stock.maintenance_short) == (0.25, 0.30)
    assert terms.stock.covered_call is CoveredCallForm.IN_THE_MONEY_PLUS_STOCK
    assert terms.stock.covered_call_initial_rate == 0.50
    assert terms.cash.uncovered_put
    assert not terms.cash.ira_uncovered_put


def test_tastytrade_asks_20_and_10_percent_25_and_15_on_cash_settled_indices_and_250_per_contract() -> None:
    """tastyworks: margin requirement when selling naked calls; index options with elevated naked requirements."""
    terms = now("tastytrade").terms.uncovered
    assert dict(terms.rate) == by_class(0.20, 0.20, 0.25, 0.20, 0.20)
    assert dict(terms.minimum_rate) == by_class(0.10, 0.10, 0.15, 0.10, 0.10)
    assert terms.floor_per_share == 2.50
    assert terms.put_minimum_base is PutMinimumBase.STRIKE


def test_tastytrade_charges_an_iron_condor_its_wider_side_and_writes_puts_against_cash_in_iras_too() -> None:
    """tastyworks, 'Short iron condor' and 'Cash secured put'."""
    terms = now("tastytrade").terms
    assert terms.spread.rule is SpreadRule.UNIVERSAL
    assert terms.spread.expiries is ExpiriesRule.SUM
    assert terms.cash.uncovered_put
    assert terms.cash.ira_uncovered_put


@pytest.mark.parametrize(
    ("name", "key", "words"),
    [
        ("ibkr", "uncovered.floor_per_share", "Unverified"),
        ("ibkr", "spread.settlement", "Unverified"),
        ("ibkr", "stock.initial_long", "end of the day through SMA"),
        ("ibkr", "stock.covered_call", "Fitted"),
        ("cboe", "straddle.across_expiries", "Unverified"),
        ("cboe", "spread.equal_counts", "Unverified"),
        ("cboe", "spread.rule", "FINRA from 26 Oct 2012"),
        ("tastytrade", "uncovered.rate", "not on the list"),
    ],
)
def test_what_is_inferred_or_unverified_says_so(name: str, key: str, words: str) -> None:
    notes = [version.note for version in book(name).versions[key]]
    assert any(words in note for note in notes)


def test_no_book_pairs_a_straddle_across_expiries() -> None:
    """No rule text read says that it may be done; the stricter reading."""
    assert not any(now(name).terms.straddle.across_expiries for name in ("cboe", "ibkr", "ibkr-2005", "tastytrade"))
