"""The lines of the working: they are written when they are read, and add up to the figures that were there before."""

import copy
import datetime as dt
import math
import pickle
from dataclasses import fields
from itertools import product

import pytest

from margin import generators
from optmargin.core.contracts import AccountType, AssetClass, Right, Style
from optmargin.core.legs import Leg, LegTable
from optmargin.margin.account import margin_legs
from optmargin.margin.drafts import Drafts
from optmargin.margin.requirement import Amounts, Entry, Line, Lines
from optmargin.rules.book import book

DAY = dt.date(2026, 3, 2)
CONVENTIONS = ("gross", "deposit", "field")
# A condor with a wing of the next month, an uncovered strangle beside it, and a box: rows of a table in the reader's words.
INDEX = [
    (-2, Right.PUT, 0, 3900), (2, Right.PUT, 1, 3850), (-2, Right.CALL, 0, 4100), (2, Right.CALL, 0, 4150),
    (-1, Right.PUT, 0, 3700), (-1, Right.CALL, 0, 4300), (-3, Right.PUT, 1, 3950), (3, Right.PUT, 1, 3945.5),
    (1, Right.CALL, 1, 4000), (-1, Right.PUT, 1, 4000), (-1, Right.CALL, 1, 4050), (1, Right.PUT, 1, 4050),
]  # fmt: skip
# 350 shares with calls written on them and a put: the cheapest pairing at maintenance needn't be that of the initial requirement.
HEDGED = [(-2, Right.CALL, 0, 52.5), (-1, Right.CALL, 1, 45), (2, Right.PUT, 0, 47.5), (-1, Right.PUT, 0, 40)]


def option(quantity, right, month, strike, *, spot):
    is_index = spot > 1000
    return Leg(
        underlying="SPX" if is_index else "XYZ",
        right=right,
        quantity=float(quantity),
        strike=float(strike),
        expiry=dt.date(2026, 3 + month, 20),
        price=generators.premium(int(right), strike, month, spot),
        spot=spot,
        asset_class=AssetClass.BROAD_INDEX if is_index else AssetClass.EQUITY,
        style=Style.EUROPEAN if is_index else Style.AMERICAN,
        cash_settled=is_index,
    )


def index_book():
    return [option(*row, spot=4000.0) for row in INDEX]


def stock_book(shares=350.0):
    stock = Leg(underlying="XYZ", right=Right.STOCK, quantity=shares, price=50.0, spot=50.0, multiplier=1.0)
    return [stock, *(option(*row, spot=50.0) for row in HEDGED)]


def random_book(generator, count, seed):
    problem = generator(count, seed)
    legs = []
    for sign, side in ((-1, "short"), (1, "long")):
        columns = (getattr(problem, f"{side}_{name}").tolist() for name in ("units", "right", "expiry", "strike"))
        legs += [option(sign * n, Right(right), at, k, spot=4000.0) for n, right, at, k in zip(*columns, strict=True)]
    return legs


BOOKS = {
    "index": index_book,
    "long stock": stock_book,
    "short stock": lambda: stock_book(-350.0),
    "stock and index": lambda: index_book() + stock_book(),
    "covered": lambda: random_book(generators.balanced, 200, 1),
    "signed": lambda: random_book(generators.signed, 30, 2),
}


def margined(legs, name="cboe", account_type=AccountType.MARGIN):
    return margin_legs(LegTable.of(legs), book(name).on(DAY), as_of=DAY, account_type=account_type)


@pytest.mark.parametrize(("name", "legs"), [*product(("cboe", "ibkr", "alpaca", "tastytrade"), BOOKS)])
def test_the_lines_add_up_to_the_last_bit(name, legs):
    for account_type in AccountType:
        for group in margined(BOOKS[legs](), name, account_type).groups:
            for part, convention in product(("initial", "maintenance"), CONVENTIONS):
                total = math.fsum(getattr(getattr(line, part), convention) for line in group.lines)
                stated = getattr(getattr(group, part), convention)
                assert group.blocked or total == stated
                assert len(group.lines) == len(tuple(group.lines))


def test_a_requirement_of_its_own_at_maintenance_adds_up_too():
    group = margined(stock_book(), "ibkr").groups[0]
    assert any(line.rule.endswith(", at maintenance") for line in group.lines), "the book was made to need it"
    for line in group.lines:
        other = line.initial if line.rule.endswith(", at maintenance") else line.maintenance
        assert other == Amounts()


def test_words_are_written_when_a_line_is_read_and_once():
    written = []

    def words():
        written.append(1)
        yield "-1 put", "two lines"
        yield "+1 put", "of one rule"

    column = (0.1, 0.2)
    lines = Lines([Entry("a rule", "a source", (column, column, (0.0, 0.0)), ((0.0, 0.0),) * 3, words)])
    assert len(lines) == 2
    assert lines.initial == Amounts(math.fsum(column), math.fsum(column), 0.0)
    assert lines.maintenance == Amounts()
    assert not written, "the figures need no words"
    assert lines[1] == Line("a rule", "+1 put", "of one rule", Amounts(0.2, 0.2, 0.0), Amounts(), "a source")
    assert [line.label for line in lines] == ["-1 put", "+1 put"]
    assert written == [1]


@pytest.mark.parametrize("make", BOOKS.values(), ids=BOOKS)
def test_lines_are_those_of_the_legs_that_were_margined(make):
    """Whoever changes his table afterwards doesn't change the working of the figures that he has."""
    legs = make()
    expected = [tuple(group.lines) for group in margined(legs).groups]
    table = LegTable.of(legs)
    found = margin_legs(table, book("cboe").on(DAY), as_of=DAY)
    for column in fields(table):
        values = getattr(table, column.name)
        values[:] = values[::-1].copy()
    assert [tuple(group.lines) for group in found.groups] == expected


def test_nothing_is_noticed_after_the_figures(monkeypatch):
    found = [margined(make(), name) for make in BOOKS.values() for name in ("cboe", "ibkr")]

    def late(*_args):
        raise AssertionError("a finding that nobody sees")

    monkeypatch.setattr(Drafts, "_note", late)
    assert all(line.working for each in found for group in each.groups for line in group.lines)


def pickled(group):
    return pickle.loads(pickle.dumps(group))  # noqa: S301 - our own


@pytest.mark.parametrize("copied", [pickled, copy.deepcopy, copy.copy])
def test_a_copy_in_another_process_says_the_same(copied):
    for group in margined(index_book() + stock_book()).groups:
        other = copied(group)
        assert other.lines == group.lines == tuple(group.lines)
        assert hash(other.lines) == hash(group.lines) == hash(tuple(group.lines))
        assert (other.lines.initial, other.lines.maintenance) == (group.initial, group.maintenance)
        assert repr(other.lines) == repr(tuple(group.lines))
    assert Lines() == ()
    assert Lines() != []
