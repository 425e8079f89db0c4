"""What a template must offer to be filled: its defined names, its tables and their columns. Template and fill agree here.

Cell addresses appear nowhere: a user may move, rename and restyle what he likes as long as the names and headings stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class Kind(Enum):
    """What a column holds, and so how it is written and shown."""

    TEXT = auto()
    LONG_TEXT = auto()  # wraps
    DAY = auto()
    MONEY = auto()
    PRICE = auto()
    COUNT = auto()
    SIGNED_COUNT = auto()
    PLAIN = auto()  # a number without separators: line numbers, strikes
    MOVE = auto()  # a signed percentage
    SHARE = auto()  # a percentage


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: its heading, by which it is found; what it holds; its width in characters.

    ``essential`` columns must be in a template; ``required`` ones say a word where a figure is missing.
    """

    heading: str
    kind: Kind
    width: float
    essential: bool = False
    required: bool = False


@dataclass(frozen=True, slots=True)
class TableLayout:
    """One table: its name, its columns in the order of the template, and what of the report it shows."""

    name: str
    columns: tuple[Column, ...]
    essential: bool = False


EXPIRIES = TableLayout(
    "Expiries",
    (
        Column("Underlying", Kind.TEXT, 11.5, essential=True),
        Column("Expiry", Kind.DAY, 12),
        Column("Settles", Kind.TEXT, 8.5),
        Column("Days", Kind.COUNT, 6.5),
        Column("Put side", Kind.MONEY, 13),
        Column("Call side", Kind.MONEY, 13),
        Column("Requirement", Kind.MONEY, 13.5, essential=True, required=True),
        Column("Maintenance", Kind.MONEY, 13.5, essential=True, required=True),
        Column("Worst loss", Kind.MONEY, 13),
        Column("Worst price", Kind.PRICE, 11),
        Column("Slots used", Kind.COUNT, 8),
        Column("Free put slots", Kind.COUNT, 9),
        Column("Free call slots", Kind.COUNT, 9),
        Column("Released after expiry", Kind.MONEY, 13.5),
        Column("Still required", Kind.MONEY, 13.5),
        Column("Label", Kind.TEXT, 15),
    ),
    essential=True,
)

POSITIONS = TableLayout(
    "Positions",
    (
        Column("Line", Kind.PLAIN, 8),
        Column("Underlying", Kind.TEXT, 12),
        Column("Root", Kind.TEXT, 10),
        Column("Right", Kind.TEXT, 8.5),
        Column("Strike", Kind.COUNT, 11),
        Column("Expiry", Kind.DAY, 12),
        Column("Days", Kind.COUNT, 7.5),
        Column("Quantity", Kind.SIGNED_COUNT, 11),
        Column("Price", Kind.PRICE, 11.5),
        Column("Multiplier", Kind.COUNT, 10.5),
        Column("Value", Kind.MONEY, 16),
        Column("Spot", Kind.PRICE, 12),
        Column("Asset class", Kind.TEXT, 14.5),
        Column("Style", Kind.TEXT, 11),
        Column("Leverage", Kind.COUNT, 10),
    ),
)

WORKING = TableLayout(
    "Working",
    (
        Column("Underlying", Kind.TEXT, 11.5),
        Column("Expiry", Kind.DAY, 12),
        Column("Settles", Kind.TEXT, 8.5),
        Column("Rule", Kind.LONG_TEXT, 18),
        Column("Legs", Kind.LONG_TEXT, 28),
        Column("Working", Kind.LONG_TEXT, 52),
        Column("Amount", Kind.MONEY, 13.5, required=True),
        Column("Maintenance", Kind.MONEY, 13.5, required=True),
        Column("Source", Kind.LONG_TEXT, 30),
    ),
)

STRATEGIES = TableLayout(
    "Strategies",
    (
        Column("Underlying", Kind.TEXT, 12),
        Column("What traders call it", Kind.LONG_TEXT, 52),
        Column("Units", Kind.COUNT, 10),
        Column("Legs", Kind.LONG_TEXT, 78),
    ),
)

STRESS = TableLayout(
    "Stress",
    (
        Column("Move", Kind.MOVE, 11),
        Column("Requirement", Kind.MONEY, 17, required=True),
        Column("Maintenance", Kind.MONEY, 17, required=True),
        Column("Net liq", Kind.MONEY, 18),
        Column("Available funds", Kind.MONEY, 18),
        Column("Excess liquidity", Kind.MONEY, 18),
        Column("Cushion", Kind.SHARE, 13),
    ),
)

# Three tables under one another on one sheet: their amounts stand in the same columns.
SEGMENTS = TableLayout(
    "Segments",
    (
        Column("Segment", Kind.TEXT, 16),
        Column("By", Kind.TEXT, 10),
        Column("Level", Kind.TEXT, 10.5),
        Column("Requirement", Kind.MONEY, 12.5, required=True),
        Column("Maintenance", Kind.MONEY, 12.5, required=True),
        Column("Ties up", Kind.MONEY, 12.5),
        Column("Available funds", Kind.MONEY, 13.5),
        Column("Excess liquidity", Kind.MONEY, 13.5),
        Column("Cushion", Kind.SHARE, 9),
        Column("Net liq", Kind.MONEY, 12.5),
        Column("Cash", Kind.MONEY, 12.5),
        Column("Positions", Kind.MONEY, 12.5),
        Column("State", Kind.LONG_TEXT, 28),
        Column("Source", Kind.LONG_TEXT, 46),
    ),
)

METHODS = TableLayout(
    "Methods",
    (
        Column("Securities by", Kind.TEXT, 16),
        Column("Counts", Kind.TEXT, 10),
        Column("Complete", Kind.TEXT, 10.5),
        Column("Requirement", Kind.MONEY, 12.5),
        Column("Maintenance", Kind.MONEY, 12.5),
        Column("Ties up", Kind.MONEY, 12.5),
        Column("Available funds", Kind.MONEY, 13.5),
        Column("Excess liquidity", Kind.MONEY, 13.5),
        Column("Cushion", Kind.SHARE, 9),
        Column("Net liq", Kind.MONEY, 12.5),
        Column("Long options", Kind.MONEY, 12.5),
        Column("Short options", Kind.MONEY, 12.5),
        Column("What binds", Kind.LONG_TEXT, 28),
        Column("What is missing or assumed", Kind.LONG_TEXT, 46),
    ),
)

RISKS = TableLayout(
    "Products",
    (
        Column("Futures on", Kind.TEXT, 16),
        Column("Currency", Kind.TEXT, 10),
        Column("Level", Kind.TEXT, 10.5),
        Column("Requirement", Kind.MONEY, 12.5, required=True),
        Column("Maintenance", Kind.MONEY, 12.5, required=True),
        Column("Scan risk", Kind.MONEY, 12.5),
        Column("Month spreads", Kind.MONEY, 13.5),
        Column("Delivery month", Kind.MONEY, 13.5),
        Column("Scenario", Kind.COUNT, 9),
        Column("Other products", Kind.MONEY, 12.5),
        Column("Short minimum", Kind.MONEY, 12.5),
        Column("Option value", Kind.MONEY, 12.5),
        Column("Scenario that binds", Kind.LONG_TEXT, 28),
        Column("Source", Kind.LONG_TEXT, 46),
    ),
)

# What the margin engine asks for at each level of the parachutes, and the slots that it was asked about.
PARACHUTES = TableLayout(
    "Parachutes",
    (
        Column("Level", Kind.COUNT, 8),
        Column("Slots", Kind.COUNT, 9),
        Column("Margin", Kind.MONEY, 14),
        Column("Initial margin", Kind.MONEY, 14),
    ),
)

FINDINGS = TableLayout(
    "Findings",
    (
        Column("Severity", Kind.TEXT, 12),
        Column("Where", Kind.LONG_TEXT, 26),
        Column("Underlying", Kind.TEXT, 11.5),
        Column("Expiry", Kind.DAY, 12),
        Column("What was seen", Kind.LONG_TEXT, 62),
        Column("What would help", Kind.LONG_TEXT, 46),
    ),
)

TABLES = (EXPIRIES, POSITIONS, STRATEGIES, WORKING, STRESS, SEGMENTS, METHODS, RISKS, PARACHUTES, FINDINGS)

# Cells that filling writes.
SHOWN_FINDINGS = 3
FINDING_NAMES = tuple(f"finding_{number}" for number in range(1, SHOWN_FINDINGS + 1))
TEXT_NAMES = ("account", "account_type", "book_title", "convention", "source_file", "source_layout")
MONEY_NAMES = (
    "net_liq", "cash", "stock_value", "option_value", "long_cost", "proceeds", "deposit_adjustment", "maintenance_adjustment",
    "field_adjustment", "maintenance_field_adjustment", "gross_adjustment", "gross_position_value",
)  # fmt: skip
WRITTEN_NAMES = (
    *TEXT_NAMES,
    "as_of",
    "report_complete",
    *MONEY_NAMES,
    "buying_power_multiple",
    "slot_width",
    "slot_value_of_report",
    *FINDING_NAMES,
    "findings_more",
    "stress_words",
    "segment_alarm",
    "segment_words",
)

# Cells that hold formulas; filling leaves them as they are.
FORMULA_NAMES = (
    "report_banner", "total_requirement", "total_maintenance", "deposit", "maintenance_deposit", "equity_with_loan",
    "available_funds", "excess_liquidity", "cushion", "cushion_words", "buying_power", "leverage", "slots_total", "slots_used",
    "slots_free", "working_check", "gross_requirement", "margin_field",
)  # fmt: skip

# Cells that belong to the user; filling leaves them as they are.
PREFERENCE_NAMES = ("cushion_warning_1", "cushion_warning_2", "cushion_warning_3", "slot_multiplier")

# The sheet of parachutes: what filling writes, what belongs to the user, and what is computed. A template may do without the whole sheet.
PARACHUTE_PREFIX = "parachute_"
PARACHUTE_WRITTEN = (
    "words", "slots", "width", "multiplier", "credit", "buyback", "mark", "held_slots", "held_value", "asked_slot", "other_margin", "other_initial",
)  # fmt: skip
PARACHUTE_PREFERENCES = ("planned", "multiple", "fee", "edge", "keep_cushion")
PARACHUTE_FORMULAS = (
    "inputs_ok", "plan_ok", "problem", "held", "start", "equity", "has_odds", "fits", "fits_at_least", "last_level", "worth", "last_stop",
    "last_worst", "ruin", "ruin_fair", "one_in", "one_in_fair", "to_recover", "written_share", "mean",
)  # fmt: skip
PARACHUTE_NAMES = tuple(
    f"{PARACHUTE_PREFIX}{name}" for name in (*PARACHUTE_WRITTEN, *PARACHUTE_PREFERENCES, *PARACHUTE_FORMULAS)
)

ESSENTIAL_NAMES = ("total_requirement", "report_complete")

INCOMPLETE = "incomplete"
NOT_GIVEN = "not given"
NET_LIQ_NOT_GIVEN = "net liq not given"
MISSING = "missing"
UNLIMITED = "unlimited"


def footer(account: str, as_of: str) -> str:
    """What stands at the left of a page's foot; filling finds it by its words and renews it."""
    # An ampersand would start a code of the page footer.
    return f"Account {account.replace('&', '＆')[:60] or '-'} · as of {as_of}"
