"""The sheet Book of the LAMBDA workbook: every figure that its formulas read, by book, day and class, with its source."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName

from optmargin.rules.book import book as rule_book
from optmargin.rules.book import book_names, term_fields
from optmargin.rules.terms import RATE, RATES
from optmargin.workbook import pages, styles
from optmargin.workbook.lambda_functions import terms_read

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

    from optmargin.rules.book import DatedTerm
    from optmargin.workbook.files import Shown

NAME = "Book"

_WIDTHS = {"A": 12, "B": 11.5, "C": 11.5, "D": 14, "E": 33, "F": 17, "G": 42, "H": 54, "I": 46}
_BOOKS = ("Book", "First day", "Last day", "Convention", "Title")
_FIGURES = ("Book", "First day", "Last day", "Class", "Term", "Figure", "What it is", "Source", "Found by")
_FIGURE_COLUMN = 6
_FIRST_ROW = 6
_SHARE = "0.0#\\ %"


def add_book_sheet(book: Workbook, shown: Shown, *, footer: str) -> None:
    """The sheet, and the defined names of its columns.

    Args:
        book: the workbook.
        shown: gets the values of the cells that the figures are found by.
        footer: what stands at the foot of its pages.
    """
    what = "A blank last day is: still holds. A figure may be overwritten to see what another would do; the sources are for the figure as it was."
    sheet = pages.add_page(book, NAME, "Rule books", what, _WIDTHS, footer=footer)
    pages.header(sheet, _FIRST_ROW - 1, _BOOKS)
    names = book_names()
    for row, name in enumerate(names, start=_FIRST_ROW):
        each = rule_book(name)
        for column, value in enumerate(
            (name, each.first_day, each.last_day, each.convention.value, each.title), start=1
        ):
            pages.put(sheet, row, column, value, border=pages.below(), form=_day_form(value), indent=int(column > 1))
    last = _FIRST_ROW + len(names) - 1
    for column, of in enumerate(
        ("om_books", "om_books_first_day", "om_books_last_day", "om_books_convention"), start=1
    ):
        _name_column(book, sheet, of, column, _FIRST_ROW, last)
    _add_figures(book, sheet, last + 3, shown.setdefault(NAME, {}))


def _add_figures(book: Workbook, sheet: Worksheet, header_row: int, keys: dict[str, float | str]) -> None:
    pages.header(sheet, header_row, _FIGURES)
    row = header_row
    for name, class_word, version, figure in figures():
        row += 1
        field = term_fields()[version.key].metadata
        meaning = " ".join(part for part in (field["what"], f"({field['unit']})" if field["unit"] else "") if part)
        values = (
            name,
            version.first_day,
            version.last_day,
            class_word,
            version.key,
            figure,
            meaning,
            version.source.cite,
        )
        for column, value in enumerate(values, start=1):
            is_figure, is_long = column == _FIGURE_COLUMN, column > _FIGURE_COLUMN
            pages.put(
                sheet, row, column, value, border=pages.below(), wrap=True, indent=int(column > 1), bold=is_figure, size=9 if is_long else 10,
                form=_form(field["kind"], value) if is_figure else _day_form(value),
            )  # fmt: skip
        found_by = pages.put_formula(
            sheet, row, len(_FIGURES), f'=A{row}&"|"&E{row}&"|"&D{row}', size=8, colour=styles.MUTED, indent=1, wrap=True,
            border=pages.below(),
        )  # fmt: skip
        keys[found_by.coordinate] = f"{name}|{version.key}|{class_word}"
        long = {_FIGURE_COLUMN: str(figure), _FIGURE_COLUMN + 1: meaning, _FIGURE_COLUMN + 2: version.source.cite}
        pages.fit(sheet, row, long, size=9.5)
    for of, column in (("om_first_day", 2), ("om_figure", _FIGURE_COLUMN), ("om_key", len(_FIGURES))):
        _name_column(book, sheet, of, column, header_row + 1, row)
    sheet.auto_filter.ref = f"A{header_row}:{get_column_letter(len(_FIGURES))}{row}"
    sheet.print_title_rows = f"{header_row}:{header_row}"
    sheet.print_area = f"A1:H{row}"
    sheet.freeze_panes = "A3"


def figures() -> Iterator[tuple[str, str, DatedTerm, float | bool | str]]:
    """Book, class (empty where the term has none), version and figure of every row; the versions of one term oldest first."""
    for name in book_names():
        versions = rule_book(name).versions
        for key in terms_read():
            for word, version, figure in sorted(_rows(versions[key]), key=lambda row: (row[0], row[1].first_day)):
                yield name, word, version, figure


def _rows(versions: tuple[DatedTerm, ...]) -> Iterator[tuple[str, DatedTerm, float | bool | str]]:
    for version in versions:
        if isinstance(version.value, Mapping):
            for asset_class, rate in version.value.items():
                yield asset_class.value, version, rate
        else:
            yield "", version, version.value.value if isinstance(version.value, StrEnum) else version.value


def _name_column(book: Workbook, sheet: Worksheet, name: str, column: int, first: int, last: int) -> None:
    letter = get_column_letter(column)
    book.defined_names[name] = DefinedName(name, attr_text=f"{sheet.title}!${letter}${first}:${letter}${last}")


def _form(kind: object, figure: object) -> str:
    if kind in (RATE, RATES):
        return _SHARE
    if isinstance(figure, bool):
        return styles.TRUTH
    return "0.00##" if isinstance(figure, float) else ""


def _day_form(value: object) -> str:
    return styles.DAY if isinstance(value, dt.date) else ""
