"""The last sheet of the parachute workbook: how to read it, what it assumes, and where its ideas come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optmargin.workbook import pages

if TYPE_CHECKING:
    from openpyxl import Workbook

TITLE = "Read me"
_PARTS = (
    ("What this is", (
        "A parachute: when a position is assailed from one side, it is bought out and sold again farther away (or later), with twice the slots, so that the new credit pays for the buy-back. Five such doublings end at 32 times the first position, hence the rule of thumb that 1/32 of an account leaves room for five.",
        "Type into the yellow cells of the first sheet; the words, the charts, the ledger and the odds follow by plain formulas. There is no macro and no add-in in it; it was recalculated with LibreOffice 25.2, and not run in Excel.",
        "The example is an account of 100,000 with six five-point spreads of SPX. Its edge of 10 % is an assumption to look at, not a finding: type 0 to see what the prices alone say.",
    )),
    ("What it assumes", (
        "A spread is sold at its credit and held until it is worth nothing or its buy-back. Under the prices' own odds it is then assailed with the probability credit over buy-back, whatever the volatility and the strikes; that is called fair here. Your edge is by how much less often you are assailed.",
        "Each roll is revenue neutral before fees: the new credit times the new slots is what the buy-back costs, less the debit that you type. The size of each set is rounded up to whole slots. Margin is a slot for each spread that stands, the larger side of an expiry, and whatever you type for other positions.",
        "Levels are taken to be independent. A crash that assails one level is likelier to assail the next: type a gap, or your own odds into the ledger.",
        "A level fits while margin leaves excess liquidity of zero or more, or the cushion that you want to keep, with the premium collected counted as cash. Net liq of an open campaign counts the spreads at their price.",
        "Strikes are Black-Scholes without rates and with one volatility, which the market hasn't; only the sheet of strikes depends on them.",
    )),
    ("Words", (
        "Slot: one spread of the width; its margin, and the most that it can lose, is width times shares per contract. Cushion: excess liquidity over net liq. Edge: 10 % takes each level to be assailed 10 % less often than its price says. Full Kelly: the share of the account with which it grows fastest; half of it grows about three quarters as fast, and with twice of it or more the account stands still or shrinks.",
        "Reading: replace buys the old position out and sells twice as many; double leaves it and adds so much that twice as much is committed; accumulate leaves it and adds a doubled set.",
    )),
    ("Sources", (
        "The rule of thumb: a trader's seven points on margin, number 3. The chain: C. M. Grinstead and J. L. Snell, Introduction to Probability, 11.2. Kelly: J. L. Kelly, A new interpretation of information rate, Bell System Technical Journal 35 (1956); E. O. Thorp, The Kelly criterion in blackjack, sports betting and the stock market (2006). Prices of spreads: F. Black and M. Scholes (1973).",
        "The same figures come from the command optmargin parachutes and from the worksheet functions PARACHUTE_SCHEDULE, PARACHUTE_ODDS, PARACHUTES_FIT, FIRST_SLOTS and PARACHUTE_KELLY.",
        "None of this is advice to trade.",
    )),
)  # fmt: skip


def add_read_me(book: Workbook, *, footer: str) -> None:
    """The sheet."""
    what = "How to read this workbook, what it assumes, and where its ideas come from"
    sheet = pages.add_page(book, TITLE, TITLE, what, {"A": 44, "B": 44, "C": 42}, footer=footer)
    row = 4
    for title, texts in _PARTS:
        pages.heading(sheet, row, title, 3)
        row += 1
        for text in texts:
            pages.paragraph(sheet, row, text, 3)
            row += 1
        row += 1
