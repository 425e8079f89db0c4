"""What a broker's file says of an account beside its positions, and what a reader returns: accounts and findings."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from optmargin.core.contracts import AccountType
from optmargin.core.errors import Finding
from optmargin.core.legs import LegTable


@dataclass(frozen=True, slots=True)
class Account:
    """One account as the broker's file states it; what the file doesn't state is None.

    Attributes:
        account: the account's number.
        legs: its positions.
        as_of: the day of the figures.
        account_type: margin, cash or IRA.
        net_liq: net liquidation value, USD.
        cash: cash balance, USD; negative is a debit.
        stock_value: market value of stock and funds, signed, USD.
        option_value: market value of options, signed, USD.
        commodity_cash: the part of the cash that is in the futures segment, USD.
        currency: the base currency of the account.
        findings: what was noticed while it was read; the incomplete ones block what they name.
    """

    account: str
    legs: LegTable
    as_of: dt.date | None = None
    account_type: AccountType | None = None
    net_liq: float | None = None
    cash: float | None = None
    stock_value: float | None = None
    option_value: float | None = None
    currency: str = "USD"
    findings: tuple[Finding, ...] = ()
    commodity_cash: float | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a reader returns: every account of a file, and what was noticed that belongs to no account.

    Attributes:
        layout: the layout that was recognised, such as ``IBKR Flex Query XML``.
        file: the name of the file, for people.
        accounts: the accounts, in the order of the file.
        findings: findings about the file itself; accounts carry their own.
    """

    layout: str
    file: str
    accounts: tuple[Account, ...]
    findings: tuple[Finding, ...] = field(default=())
