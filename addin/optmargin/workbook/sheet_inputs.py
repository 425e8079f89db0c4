"""The sheet of inputs: what came from the file and may be overwritten to see what follows, and the user's own settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openpyxl.styles import Border
from openpyxl.worksheet.datavalidation import DataValidation

from optmargin.workbook import styles
from optmargin.workbook.layout import NOT_GIVEN, footer
from optmargin.workbook.sheet_tables import add_heading, cell_at, name_cell

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

# name, label, number format, value in the empty template, what it is
_Row = tuple[str, str, str, object, str]

_SETTINGS: tuple[_Row, ...] = (
    ("cushion_warning_1", "Cushion warning 1: watch", styles.PERCENT, 0.30, "the cushion turns yellow below this"),
    ("cushion_warning_2", "Cushion warning 2: reduce", styles.PERCENT, 0.10, "orange below this"),
    ("cushion_warning_3", "Cushion warning 3: liquidation is near", styles.PERCENT, 0.05, "red below this"),
    (
        "slot_width",
        "Slot width",
        "0.00##",
        5,
        "USD per share between the strikes of one slot; the expiries' slots were counted with the width of the report",
    ),
    ("slot_multiplier", "Slot multiplier", styles.COUNT, 100, "shares per contract"),
)
_ACCOUNT: tuple[_Row, ...] = (
    (
        "net_liq",
        "Net liq",
        styles.MONEY,
        NOT_GIVEN,
        "net liquidation value; overwrite it to see cushion and slots follow",
    ),
    ("cash", "Cash", styles.MONEY, NOT_GIVEN, "cash balance; negative is a debit"),
    ("stock_value", "Stock value", styles.MONEY, NOT_GIVEN, "market value of stock and funds, signed"),
    ("option_value", "Option value", styles.MONEY, NOT_GIVEN, "market value of options, signed"),
    ("long_cost", "Long options' value", styles.MONEY, NOT_GIVEN, "market value of long options"),
    ("proceeds", "Proceeds of short options", styles.MONEY, NOT_GIVEN, "market value of short options"),
    ("gross_position_value", "Gross position value", styles.MONEY, NOT_GIVEN, "what leverage is counted from"),
    ("buying_power_multiple", "Buying power multiple", "0.00##", NOT_GIVEN, "the book's; times available funds"),
)
_REPORT: tuple[_Row, ...] = (
    ("deposit_adjustment", "From requirement to deposit", styles.MONEY, NOT_GIVEN, "long options and proceeds that the book's convention leaves out, initial"),
    ("maintenance_adjustment", "From maintenance to its deposit", styles.MONEY, NOT_GIVEN, "the same for maintenance"),
    ("field_adjustment", "From requirement to margin field", styles.MONEY, NOT_GIVEN, "what the margin field of TWS leaves out, initial"),
    ("maintenance_field_adjustment", "From maintenance to its margin field", styles.MONEY, NOT_GIVEN, "the same for maintenance"),
    ("gross_adjustment", "From requirement to gross", styles.MONEY, NOT_GIVEN, "what the gross requirement adds, initial"),
    ("slot_value_of_report", "One slot of the expiries", styles.MONEY, 500, "USD at risk in one slot as the expiries' slots were counted"),
    ("report_complete", "Complete as read", "General", False, "FALSE keeps every total from being shown"),
)  # fmt: skip


def add_inputs(book: Workbook) -> None:
    """The sheet of inputs."""
    sheet = book.create_sheet("Inputs")
    add_heading(sheet, "Inputs", "Yellow cells may be overwritten: totals, cushion and slots follow without Python")
    styles.set_widths(sheet, {"A": 38, "B": 18, "C": 100})
    at = _add_block(book, sheet, 5, "Your settings", _SETTINGS, editable=True)
    at = _add_block(book, sheet, at + 1, "The account, from the broker's file, USD", _ACCOUNT, editable=True)
    _add_block(book, sheet, at + 1, "From the report", _REPORT, editable=False)
    fraction = DataValidation(type="decimal", operator="between", formula1="0", formula2="1", allow_blank=False)
    fraction.error, fraction.errorTitle = "Write a share of net liq between 0 % and 100 %.", "Cushion warning"
    above_zero = DataValidation(type="decimal", operator="greaterThan", formula1="0", allow_blank=False)
    above_zero.error, above_zero.errorTitle = "Write a number above zero.", "Slots"
    for rule, rows in ((fraction, "B6:B8"), (above_zero, "B9:B10")):
        rule.showErrorMessage = True
        rule.add(rows)
        sheet.add_data_validation(rule)
    styles.set_page(sheet, footer("", "-"), one_page=True)
    sheet.freeze_panes = "A5"


def _add_block(book: Workbook, sheet: Worksheet, at: int, title: str, rows: tuple[_Row, ...], *, editable: bool) -> int:
    """One block of labelled cells, from row ``at`` on; returns the row after it."""
    rule = Border(bottom=styles.line(styles.ACCENT))
    for column in "ABC":
        styles.dress(
            cell_at(sheet, f"{column}{at}"), styles.font(11, styles.ACCENT, bold=True), align="left", border=rule
        )
    cell_at(sheet, f"A{at}").value = title
    sheet.row_dimensions[at].height = 20
    edge = styles.line(styles.INPUT_EDGE)
    for row, (name, label, form, value, what) in enumerate(rows, start=at + 1):
        sheet.row_dimensions[row].height = 16.5
        below = Border(bottom=styles.line())
        styles.dress(cell_at(sheet, f"A{row}"), align="left", border=below).value = label
        cell = name_cell(book, name, sheet, f"B{row}")
        cell.value = value  # type: ignore[assignment]
        box = Border(edge, edge, edge, edge) if editable else below
        styles.dress(cell, form=form, align="right", panel=styles.INPUT if editable else "", border=box)
        styles.dress(cell_at(sheet, f"C{row}"), styles.font(9, styles.MUTED), align="left", indent=1).value = what
    return at + 1 + len(rows)
