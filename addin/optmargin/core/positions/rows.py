"""One row of a file becomes one leg, or a finding that says what was seen: never a row that vanishes.

A reader turns a row into cells by concept (``underlying``, ``right``, ``strike`` ...), whatever the file calls them;
here they are understood, checked against each other and completed from the option symbol and the instruments table.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from optmargin.core.contracts import (
    AssetClass,
    OptionSymbol,
    Right,
    Settlement,
    Style,
    is_standard_monthly,
    parse_option_symbol,
    parse_right,
    parse_word,
)
from optmargin.core.errors import ErrorCode, Finding, MarginError, Severity
from optmargin.core.instruments import Instrument, instrument, instruments
from optmargin.core.legs import Leg
from optmargin.core.money import plain
from optmargin.core.values import day, day_readings, is_blank, is_error, number, shown, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_Word = TypeVar("_Word", bound=StrEnum)

SATURDAY = 5
_LARGEST_LEVERAGE = 5
_SAME_STRIKE = 0.0005  # an OSI symbol holds a strike to a thousandth
_NAME = re.compile(r"[A-Z0-9][A-Z0-9 ./&_^$-]{0,23}", re.ASCII)
_DESCRIBED = re.compile(r"([A-Z0-9][A-Z0-9./ ]{0,11}?)\s+(\d{1,2}[A-Z]{3}\d{2})\s+([\d.,]+)\s+([CP])", re.ASCII)
_TICKER = re.compile(r"[$^./]?[A-Z0-9]{1,6}(?:[ ./-][A-Z]{1,3})?", re.ASCII)
_LISTED = {"listed": True, "yes": True, "y": True, "true": True, "1": True, "exchange": True,
           "otc": False, "no": False, "n": False, "false": False, "0": False, "unlisted": False}  # fmt: skip
_STOCK_WORDS = frozenset({"s", "stk", "stock", "stocks", "share", "shares", "equity", "etf"})
_FUTURE_WORDS = frozenset({"future", "futures"})
SECURITY = "security"  # the cell ``kind`` of a row whose file says that it is no future and no option on one
_SIDES = {"long": 1, "buy": 1, "bought": 1, "l": 1, "b": 1, "short": -1, "sell": -1, "sold": -1, "s": -1}


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one file writes what it says.

    Attributes:
        file: its name, for findings.
        names: what it calls each concept, for sentences.
        decimal_comma: whether ``1.234,50`` is 1234.5; None where that isn't known.
        day_first: whether ``05/12/2022`` is the fifth of December; None where that isn't known.
        symbol_is_exact: whether a symbol that can't be understood is an error even where the row says everything else.
    """

    file: str
    names: Mapping[str, str] = field(default_factory=dict)
    decimal_comma: bool | None = False
    day_first: bool | None = None
    symbol_is_exact: bool = True

    def called(self, concept: str) -> str:
        """What the file calls a concept."""
        return self.names.get(concept, concept)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file: its line, its account, and its cells by concept as they stand there.

    Concepts: symbol, description, underlying, root, right, strike, expiry, quantity, price, multiplier, spot,
    asset_class, style, settlement, listed, leverage, side. What a file doesn't say is absent or blank.
    """

    line: int
    account: str
    cells: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of one row: a leg, or a finding, or neither where its quantity is zero.

    Attributes:
        leg: the position.
        findings: what was noticed; incomplete where there is no leg.
        stated: what the row itself stated of ``asset_class`` and ``leverage``, so that other rows can follow it.
    """

    leg: Leg | None
    findings: tuple[Finding, ...] = ()
    stated: frozenset[str] = frozenset()


def plain_name(value: object) -> str:
    """The name of an underlying or a root as it is compared: capitals, without the signs that brokers put before it."""
    return re.sub(r"\s+", " ", text_of(value).upper()).lstrip("$^./ ")


def underlying_of(name: str) -> str:
    """The underlying of a root that the instruments table knows; else the name itself."""
    found = instruments().get(name)
    return name if found is None else found.underlying


def option_named(value: object) -> tuple[OptionSymbol, bool] | None:
    """The option that a symbol or a description names, and whether its root is that of the symbol.

    ``SPXW  221223P03800000`` names the root SPXW; ``SPX 23DEC22 3800 P`` the underlying only. None for anything else.
    """
    text = text_of(value)
    if not text:
        return None
    try:
        return parse_option_symbol(text.replace("\t", " ")), True
    except MarginError:
        pass
    match = _DESCRIBED.fullmatch(re.sub(r"\s+", " ", text.upper()))
    if match is None:
        return None
    try:
        expiry = day(match[2], "expiry")
        strike = number(match[3], "strike")
    except MarginError:
        return None
    if expiry is None or strike is None:
        return None
    return OptionSymbol(match[1], expiry, Right.CALL if match[4] == "C" else Right.PUT, strike), False


class _Cells:
    """The cells of one row, read one by one; every problem is collected, so that one finding tells them all."""

    def __init__(self, row: Row, dialect: Dialect) -> None:
        self.row = row
        self.dialect = dialect
        self.problems: list[tuple[str, str]] = []
        self.notices: list[str] = []  # what leaves the row as it is, and is worth a warning
        self.source = "symbol"  # which cell the option is named by
        self.right: Right | None = None
        self.underlying = ""
        self.root = ""
        self.expiry: dt.date | None = None
        # Some roots of futures are tickers of shares too (ES, CL, EW): shares and their options must not become futures.
        stated = self.text("asset_class").lower()
        is_stock = self.text("right").lower() in _STOCK_WORDS
        self.is_security = is_stock or self.text("kind") == SECURITY or (bool(stated) and stated not in _FUTURE_WORDS)

    def called(self, concept: str) -> str:
        return self.dialect.called(concept)

    def instruments(self) -> Mapping[str, Instrument]:
        """The instruments that the row may be about: no futures where it says that it is a security."""
        if self.is_security:
            return {root: row for root, row in instruments().items() if row.asset_class is not AssetClass.FUTURE}
        return instruments()

    def instrument(self, root: str) -> Instrument:
        """What the table says of a root, as far as the row may be about it."""
        return instrument(root, futures=False if self.is_security else None)

    def refuse(self, problem: str, remedy: str = "") -> None:
        self.problems.append((problem, remedy))

    def has(self, concept: str) -> bool:
        return not is_blank(self.row.cells.get(concept))

    def text(self, concept: str) -> str:
        return text_of(self.row.cells[concept]) if self.has(concept) else ""

    @property
    def naming(self) -> str:
        """The cell that names the option, for a sentence: ``symbol 'SPXW  221223P03800000'``."""
        return f"{self.called(self.source)} {self.shown(self.source)}"

    def shown(self, concept: str) -> str:
        return shown(self.text(concept))

    def number(self, concept: str, *, error_is_blank: bool = False) -> float:
        """The number of a cell; NaN where it is blank or refused."""
        value = self.row.cells.get(concept)
        if error_is_blank and is_error(value):
            return math.nan
        try:
            found = number(value, self.called(concept), decimal_comma=self.dialect.decimal_comma)
        except MarginError as error:
            self.refuse(error.problem, error.remedy)
            return math.nan
        return math.nan if found is None else found

    def above_zero(self, concept: str, *, error_is_blank: bool = False) -> float:
        """As :meth:`number`, refusing zero and less."""
        found = self.number(concept, error_is_blank=error_is_blank)
        if found <= 0:
            self.refuse(
                f"{self.called(concept)} {plain(found)} isn't above zero", "write a positive number, or leave it empty"
            )
            return math.nan
        return found

    def word(self, kind: type[_Word], concept: str) -> _Word | None:
        """The word of a cell; None where it is blank or refused."""
        if not self.has(concept):
            return None
        try:
            return kind(parse_word(kind, self.text(concept), self.called(concept)))
        except MarginError as error:
            self.refuse(error.problem, error.remedy)
            return None

    def finding(self) -> Finding:
        """One finding for everything that was refused."""
        remedies = list(dict.fromkeys(remedy for _, remedy in self.problems if remedy))
        return Finding(
            Severity.INCOMPLETE,
            " and ".join(dict.fromkeys(problem for problem, _ in self.problems)),
            "; ".join(remedies),
            file=self.dialect.file,
            line=self.row.line,
            account=self.row.account,
            underlying=self.underlying,
            expiry=self.expiry if self.underlying and self.right not in (Right.STOCK, Right.FUTURE) else None,
        )


def _quantity(cells: _Cells) -> float:
    found = cells.number("quantity")
    if math.isnan(found):
        if not cells.problems:
            cells.refuse(f"{cells.called('quantity')} is empty", "write the signed count, negative for short")
        return math.nan
    side = cells.text("side").lower()
    if side:
        sign = _SIDES.get(side)
        if sign is None:
            cells.refuse(f"{cells.called('side')} {shown(side)} isn't a side", "write long or short, or leave it empty")
        elif sign * found < 0:
            cells.refuse(
                f"{cells.called('quantity')} is {plain(found)} but {cells.called('side')} says {cells.shown('side')}",
                "a short position has a negative quantity",
            )
    return found


def _right(cells: _Cells, named: OptionSymbol | None) -> Right | None:
    if not cells.has("right"):
        if named is None:
            cells.refuse(f"{cells.called('right')} is empty", "write call, put, stock or future, or an option symbol")
        return None if named is None else named.right
    try:
        found = parse_right(cells.text("right"))
    except MarginError:
        cells.refuse(
            f"{cells.called('right')} {cells.shown('right')} isn't a kind of leg",
            "write call, put, stock or future",
        )
        return None
    if named is not None and found is not named.right:
        cells.refuse(
            f"{cells.called('right')} says {found.word} but {cells.naming} is a {named.right.word}",
            "correct the one that is wrong",
        )
        return None
    return found


def _names(cells: _Cells, named: OptionSymbol | None, *, exact: bool, ticker: str) -> None:
    """The underlying and the root, from the columns, the symbol and the instruments table."""
    table = cells.instruments()
    stated = plain_name(cells.text("underlying"))
    root = plain_name(cells.text("root"))
    for concept, name in (("underlying", stated), ("root", root)):
        if cells.has(concept) and not _NAME.fullmatch(name):
            cells.refuse(
                f"{cells.called(concept)} {shown(cells.text(concept))} isn't a ticker", "write one like SPX or AAPL"
            )
            return
    symbol_root = plain_name(named.root) if named is not None and exact else ""
    if root and symbol_root and root != symbol_root:
        _disagree(cells, "root", root, symbol_root)
        return
    root = root or symbol_root
    if not stated:
        stated = plain_name(named.root) if named is not None and not exact else ticker
    if stated in table and table[stated].underlying != stated:  # SPXW named as the underlying
        if root and root != stated:
            _disagree(cells, "underlying", stated, root)
            return
        root, stated = stated, table[stated].underlying
    if not stated and not root:
        cells.refuse(
            f"{cells.called('underlying')} is empty", "write what it is an option on, such as SPX, or an option symbol"
        )
        return
    if root in table and stated and table[root].underlying != stated:
        _disagree(cells, "underlying", stated, root)
        return
    cells.underlying = stated or (table[root].underlying if root in table else root)
    cells.root = root or stated


def _disagree(cells: _Cells, concept: str, here: str, there: str) -> None:
    cells.refuse(
        f"{cells.called(concept)} says {shown(here)} but the symbol's root is {shown(there)}",
        "correct the one that is wrong",
    )


def _expiry(cells: _Cells, named: OptionSymbol | None) -> dt.date | None:
    stated: dt.date | None = None
    cell = cells.row.cells.get("expiry")
    name = cells.called("expiry")
    try:
        stated = day(cell, name, day_first=cells.dialect.day_first)
    except MarginError as error:
        # 05/12/2022 beside a symbol of 5 December needs no guess.
        if named is None or named.expiry not in (day_readings(cell) or ()):
            cells.refuse(error.problem, error.remedy)
            return None
        stated = named.expiry
    if named is None or stated is None or stated == named.expiry:
        return stated if stated is not None else None if named is None else named.expiry
    ahead = (named.expiry - stated).days
    if named.expiry.weekday() == SATURDAY and ahead in (1, 2):
        return stated  # the old symbols carry the Saturday after the last day
    if ahead == 1 and instrument(cells.root).settlement is Settlement.AM:
        return named.expiry  # the last trading day of an option that settles on the next morning
    cells.refuse(
        f"{name} says {stated} but {cells.naming} expires {named.expiry}",
        "correct the one that is wrong",
    )
    return None


def _strike(cells: _Cells, named: OptionSymbol | None) -> float:
    count = len(cells.problems)
    stated = cells.number("strike")
    if stated <= 0:
        cells.refuse(f"{cells.called('strike')} {plain(stated)} isn't above zero", "write the strike in USD per share")
    if len(cells.problems) > count:
        return math.nan
    if math.isnan(stated):
        if named is None:
            cells.refuse(f"{cells.called('strike')} is empty", "write the strike in USD per share, or an option symbol")
            return math.nan
        return named.strike
    if named is not None and abs(named.strike - stated) > _SAME_STRIKE:
        cells.refuse(
            f"{cells.called('strike')} says {plain(stated)} but {cells.naming} has {plain(named.strike)}",
            "correct the one that is wrong",
        )
    return stated


def _facts(cells: _Cells) -> Instrument:
    """The row of the instruments table: of the root, else of the underlying."""
    found = cells.instrument(cells.root)
    return cells.instrument(cells.underlying) if found.assumed and cells.underlying != cells.root else found


def _no_option_terms(cells: _Cells) -> None:
    """Refuses a strike or an expiry on a row of stock: one of the two is a mistake, and which can't be known."""
    for concept in ("strike", "expiry"):
        text = cells.text(concept)
        if text and not re.fullmatch(r"0+([.,]0+)?", text):
            cells.refuse(
                f"a stock row has {cells.called(concept)} {shown(text)}", "write call or put, or leave it empty"
            )


def read_row(row: Row, dialect: Dialect) -> Reading:
    """The leg that a row holds, or the finding that says why it can't be read.

    A row whose quantity is zero is no position, whatever else it says: neither leg nor finding.
    """
    cells = _Cells(row, dialect)
    quantity = _quantity(cells)
    if quantity == 0:
        return Reading(None)
    symbol = cells.text("symbol")
    found = option_named(symbol)
    ticker = ""
    if found is None and _TICKER.fullmatch(symbol.upper()):
        ticker = plain_name(symbol)
    elif found is None and symbol and dialect.symbol_is_exact:
        cells.refuse(
            f"{dialect.called('symbol')} {shown(symbol)} isn't an option symbol",
            "write it like SPXW  221223P03800000, or a ticker",
        )
    named, exact = found if found is not None else (None, False)
    if named is None and not all(cells.has(concept) for concept in ("right", "strike", "expiry")):
        # What the columns don't say, the description may.
        described = option_named(cells.text("description"))
        if described is not None:
            named, exact, cells.source = described[0], False, "description"
    cells.right = right = _right(cells, named)
    _names(cells, named, exact=exact, ticker=ticker)
    strike = math.nan
    if right is None:  # refused already; the expiry tells which group is without it
        cells.expiry = _expiry(cells, named)
    elif right.is_option:
        cells.expiry = _expiry(cells, named)
        strike = _strike(cells, named)
        if cells.expiry is None and not cells.has("expiry") and named is None:
            cells.refuse(f"{dialect.called('expiry')} is empty", "write YYYY-MM-DD, or an option symbol")
    elif right is Right.FUTURE:
        cells.expiry = _expiry(cells, None)
        if cells.expiry is None and not cells.has("expiry"):
            cells.refuse(f"{dialect.called('expiry')} is empty", "write the future's last day, YYYY-MM-DD")
    elif right is Right.STOCK:
        _no_option_terms(cells)
    if right is not None and right is not Right.STOCK and not math.isnan(quantity) and quantity != int(quantity):
        cells.refuse(
            f"{dialect.called('quantity')} {plain(quantity)} is a fraction of a contract", "write whole contracts"
        )
    return _complete(cells, quantity, strike)


def _leverage(cells: _Cells) -> float:
    """The factor of a leveraged fund: less than 1 would be a part of a share, and no fund moves more than five times its index."""
    found = cells.number("leverage")
    if not math.isnan(found) and not 1 <= found <= _LARGEST_LEVERAGE:
        cells.refuse(
            f"{cells.called('leverage')} {plain(found)} isn't the factor of a fund",
            "write 1, 1.5, 2 or 3, without the sign of an inverse fund",
        )
        return math.nan
    return found


def _complete(cells: _Cells, quantity: float, strike: float) -> Reading:
    """The rest of the row: prices and what kind of contract it is."""
    price = cells.number("price", error_is_blank=True)
    if price < 0:
        cells.refuse(f"{cells.called('price')} {plain(price)} is below zero", "write the market price, zero or more")
    spot = cells.above_zero("spot", error_is_blank=True)
    multiplier = cells.above_zero("multiplier")
    leverage = _leverage(cells)
    asset_class = cells.word(AssetClass, "asset_class")
    style = cells.word(Style, "style")
    settlement = cells.word(Settlement, "settlement")
    listed = True
    if cells.has("listed"):
        word = cells.text("listed").lower()
        if word not in _LISTED:
            cells.refuse(f"{cells.called('listed')} {shown(word)} isn't known", "write listed or otc")
        listed = _LISTED.get(word, True)
    right = cells.right
    facts = _facts(cells) if cells.underlying else None
    if facts is not None and right is not None:
        if right is Right.STOCK:
            if not math.isnan(multiplier) and multiplier != 1.0:
                said = f"{cells.called('multiplier')} {plain(multiplier)} on a stock row"
                # 100 shares with a multiplier of 100 copied down the column are 100 shares; 3 may be three lots.
                if abs(quantity) >= multiplier:
                    cells.notices.append(f"{said} isn't applied: {plain(abs(quantity))} shares were taken")
                else:
                    cells.refuse(f"{said}: a share counts once", "leave it empty or write 1")
            multiplier = 1.0
        elif math.isnan(multiplier):
            if facts.assumed and (right is Right.FUTURE or asset_class is AssetClass.FUTURE):
                cells.refuse(f"the multiplier of {cells.root} isn't known", "add a column multiplier")
            multiplier = facts.multiplier
    if cells.problems or facts is None or right is None:
        return Reading(None, (cells.finding(),))
    # An index that the table doesn't know: listed index options are European and cash-settled, but for OEX, which it knows.
    is_unknown_index = facts.assumed and asset_class in (AssetClass.BROAD_INDEX, AssetClass.NARROW_INDEX)
    if settlement is None:
        settlement = _settlement(cells.root, cells.expiry) if right.is_option else Settlement.PM
    leg = Leg(
        account=cells.row.account,
        underlying=cells.underlying,
        root=cells.root if right is not Right.STOCK else cells.underlying,
        right=right,
        strike=strike,
        expiry=cells.expiry,
        quantity=quantity,
        price=price,
        multiplier=multiplier,
        spot=spot,
        asset_class=asset_class or (AssetClass.FUTURE if right is Right.FUTURE else facts.asset_class),
        style=style or (Style.EUROPEAN if is_unknown_index else facts.style),
        settlement=settlement,
        cash_settled=is_unknown_index or facts.cash_settled,
        leverage=facts.leverage if math.isnan(leverage) else leverage,
        assumed=facts.assumed and asset_class is None and right is not Right.FUTURE,
        listed=listed,
        line=cells.row.line,
    )
    stated = {
        name
        for name, given in (("asset_class", asset_class is not None), ("leverage", not math.isnan(leverage)))
        if given
    }
    file, row = cells.dialect.file, cells.row
    warned = [
        Finding(Severity.WARNING, notice, "leave it empty for stock", file, row.line, row.account, leg.underlying)
        for notice in cells.notices
    ]
    return Reading(leg, (*warned, *_adjusted(leg, file)), frozenset(stated))


def _adjusted(leg: Leg, file: str) -> tuple[Finding, ...]:
    """A warning for an option such as AAPL1 on AAPL: after a split it may not deliver 100 shares."""
    if not leg.right.is_option or leg.root[:-1] != leg.underlying.replace(" ", "") or not leg.root[-1:].isdigit():
        return ()
    problem = f"{leg.root} is an adjusted option on {leg.underlying}: it may not deliver {plain(leg.multiplier)} shares"
    remedy = "look its deliverable up at the OCC"
    return (Finding(Severity.WARNING, problem, remedy, file, leg.line, leg.account, leg.underlying, leg.expiry),)


def _settlement(root: str, expiry: dt.date | None) -> Settlement:
    """AM only where the table says so of the very root, and the expiry is a standard monthly one."""
    if expiry is None or instrument(root).settlement is not Settlement.AM:
        return Settlement.PM
    if instrument(root).is_volatility_index:
        return Settlement.AM  # on its own Wednesdays, weeklies too
    friday = expiry - dt.timedelta(days=1) if expiry.weekday() == SATURDAY else expiry
    return Settlement.AM if is_standard_monthly(friday) else Settlement.PM


def positive_spots(spots: Mapping[str, float]) -> dict[str, float]:
    """Prices of underlyings as a person gives them, by plain name.

    Raises:
        MarginError: ``#NUM!`` for a price that isn't a positive number.
    """
    for name, price in spots.items():
        if not (math.isfinite(price) and price > 0):
            raise MarginError(ErrorCode.NUM, f"spot {name}={price} isn't a positive price", "write it like SPX=4100")
    return {plain_name(name): float(price) for name, price in spots.items()}
