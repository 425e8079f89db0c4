"""Worked examples from outside: each a sentence of some manual, broker or forum, with its source, to the cent or its tolerance."""

import datetime as dt
import json
import math
from pathlib import Path

import pytest

from optmargin.core.contracts import AccountType, AssetClass, Right, Style, parse_right
from optmargin.core.legs import Leg, LegTable
from optmargin.margin.account import margin_legs
from optmargin.rules.book import book

CASES = json.loads((Path(__file__).parent.parent / "cases" / "margin_cases.json").read_text(encoding="utf-8"))
TESTED = [case for case in CASES if not case["left_out"]]


def number(value):
    return math.nan if value is None else float(value)


def legs_of(case):
    asset_class = AssetClass(case["asset_class"])
    is_index = asset_class is AssetClass.BROAD_INDEX
    return [
        Leg(
            underlying="X",
            right=parse_right(leg["right"]),
            quantity=leg["quantity"],
            strike=number(leg.get("strike")),
            expiry=dt.date.fromisoformat(leg["expiry"]) if leg.get("expiry") else None,
            price=number(leg["price"]),
            multiplier=1.0 if leg["right"] == "stock" else case["multiplier"],
            spot=number(case["spot"]),
            asset_class=asset_class,
            style=Style.EUROPEAN if is_index else Style.AMERICAN,
            cash_settled=is_index,
            leverage=case["leverage"],
            listed=leg.get("listed", True),
        )
        for leg in case["legs"]
    ]


def required(case, account_type, legs=None):
    as_of = dt.date.fromisoformat(case["as_of"])
    table = LegTable.of(legs_of(case) if legs is None else legs)
    return margin_legs(table, book(case["book"]).on(as_of), as_of=as_of, account_type=account_type)


def figure(case, name, legs=None):
    """A published figure of a case, computed: ``initial`` is in the book's own convention, ``initial.gross`` in a given one."""
    what, _, convention = name.partition(".")
    if what == "max_loss":
        return math.fsum(group.max_loss for group in required(case, AccountType.MARGIN, legs).groups)
    found = required(case, AccountType.CASH if what == "cash" else AccountType(case["account"]), legs)
    amounts = found.maintenance if what == "maintenance" else found.initial
    return getattr(amounts, convention) if convention else amounts.in_convention(found.book.convention)


def tolerance(case, amount):
    stated = case["tolerance"]
    return abs(amount) * float(stated.rstrip("%")) / 100 if isinstance(stated, str) else stated


@pytest.mark.parametrize("case", TESTED, ids=[case["id"] for case in TESTED])
def test_a_published_example_comes_out(case):
    assert case["figures"], "a case that tests nothing belongs among those left out"
    for stated in case["figures"]:
        computed = figure(case, stated["figure"])
        assert computed == pytest.approx(stated["amount"], abs=tolerance(case, stated["amount"])), (
            f"{case['source']}: {stated['figure']} {case['notes']}"
        )


@pytest.mark.parametrize("case", TESTED, ids=[case["id"] for case in TESTED])
def test_the_lines_add_up_and_laws_hold(case):
    account_type = AccountType(case["account"])
    found = required(case, account_type)
    for group in found.groups:
        for name in ("gross", "deposit", "field"):
            total = math.fsum(getattr(line.initial, name) for line in group.lines)
            stated = getattr(group.initial, name)
            assert total == stated or (math.isnan(total) and math.isnan(stated))
    legs = legs_of(case)
    assert same(required(case, account_type, legs[::-1]).initial, found.initial), "the order of legs is nothing"
    tripled = [
        Leg(**{**{name: getattr(leg, name) for name in Leg.__slots__}, "quantity": 3 * leg.quantity}) for leg in legs
    ]
    if not any(leg.right is Right.STOCK and abs(leg.quantity) % case["multiplier"] for leg in legs):
        assert same(required(case, account_type, tripled).initial, found.initial, 3), "n lots cost n times one"


def same(one, other, times=1):
    return all(
        getattr(one, name) == pytest.approx(times * getattr(other, name), rel=1e-12, abs=1e-9, nan_ok=True)
        for name in ("gross", "deposit", "field")
    )


def test_what_is_left_out_says_why():
    left_out = {case["id"]: case["left_out"] for case in CASES if case["left_out"]}
    assert all(len(reason) > 20 for reason in left_out.values())
    assert len(TESTED) >= 108
