"""Filling: through names and tables, whatever the template looks like; text stays text; whole or not at all."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.workbook.defined_name import DefinedName

from office import named, read
from optmargin.core.errors import Finding, MarginError, Severity
from optmargin.report.records import MarginReport
from optmargin.workbook.fill import expiry_label, fill
from optmargin.workbook.template import write_template
from workbook.invented import AS_OF, HOSTILE, SECOND, empty, hostile, incomplete, many, seed, without_net_liq


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "mine.xlsx"
    write_template(path)
    return path


def filled(report: MarginReport, out: Path, template: Path | None = None) -> Workbook:
    assert fill(report, template, out) == ()
    return read(out)


def column(book: Workbook, table: str, heading: str) -> list[object]:
    """The values of a table's column, its body only."""
    for sheet in book.worksheets:
        if table in sheet.tables:
            found = sheet.tables[table]
            rows = list(sheet[found.ref])
            at = [cell.value for cell in rows[0]].index(heading)
            return [row[at].value for row in rows[1 : len(rows) - (found.totalsRowCount or 0)]]
    raise AssertionError(f"no table {table}")


# What is written ----------------------------------------------------------------------------------------------------------


def test_names_and_tables_hold_the_report(tmp_path: Path) -> None:
    book = filled(seed(), tmp_path / "report.xlsx")
    assert named(book, "account") == "U1234567"
    assert named(book, "as_of") == dt.datetime(2022, 12, 19)
    assert named(book, "net_liq") == 100_000
    assert named(book, "deposit_adjustment") == -1_125
    assert column(book, "Expiries", "Requirement") == [2_500, 2_500]
    assert column(book, "Expiries", "Label") == ["SPX 23 Dec", "SPX 30 Dec"]
    assert column(book, "Positions", "Quantity") == [-5, 5, -5, 5]
    assert column(book, "Positions", "Line") == [14, 15, 16, 17]
    assert column(book, "Findings", "Severity") == ["note"]


def test_a_figure_that_is_missing_is_a_word_and_never_a_zero(tmp_path: Path) -> None:
    book = filled(incomplete(), tmp_path / "report.xlsx")
    assert named(book, "report_complete") is False
    assert column(book, "Expiries", "Requirement") == [2_500, "missing"]
    assert column(book, "Expiries", "Put side") == [2_500, None]
    assert column(book, "Working", "Amount") == [2_500, "missing"]
    assert named(filled(without_net_liq(), tmp_path / "other.xlsx"), "net_liq") == "not given"


def test_the_first_findings_stand_on_the_summary_and_all_of_them_on_their_sheet(tmp_path: Path) -> None:
    book = filled(incomplete(), tmp_path / "report.xlsx")
    assert str(named(book, "finding_1")).startswith(
        "INCOMPLETE: positions.csv line 16: expiry '30-Feb-2022' is not a date"
    )
    assert named(book, "findings_more") == "and 2 more on the sheet Findings"
    assert column(book, "Findings", "Severity") == ["incomplete", "incomplete", "warning", "note", "note"]
    assert not book["Summary"].row_dimensions[10].hidden
    quiet = filled(empty(), tmp_path / "quiet.xlsx")
    assert all(quiet["Summary"].row_dimensions[row].hidden for row in (10, 11, 12, 13))


def test_an_account_without_positions_keeps_one_blank_row(tmp_path: Path) -> None:
    book = filled(empty(), tmp_path / "report.xlsx")
    assert book["Expiries"].tables["Expiries"].ref == "A5:P6"
    assert column(book, "Expiries", "Requirement") == [None]


def test_tables_print_areas_formats_and_the_chart_grow_along(tmp_path: Path) -> None:
    book = filled(many(30), tmp_path / "report.xlsx")
    sheet = book["Expiries"]
    assert sheet.tables["Expiries"].ref == sheet.tables["Expiries"].autoFilter.ref == "A5:P35"
    assert sheet.print_area == "'Expiries'!$A$1:$P$35"
    assert {str(place.sqref) for place in sheet.conditional_formatting} == {"G6:G35", "H6:H35"}
    (series,) = book["Summary"]._charts[0].ser
    assert (series.val.numRef.f, series.cat.strRef.f) == ("'Expiries'!$G$6:$G$35", "'Expiries'!$P$6:$P$35")
    assert sheet["G35"].number_format == sheet["G6"].number_format
    assert sheet["G35"].font.b
    assert sheet.row_dimensions[35].height == sheet.row_dimensions[6].height


def test_a_fraction_of_a_slot_is_shown_and_a_wide_amount_gets_room(tmp_path: Path) -> None:
    report = seed()
    row = replace(report.expiries[0], slots_used=4.5, put_side=123_456_789_012.0)
    book = filled(
        replace(report, expiries=(row, replace(report.expiries[1], slots_used=5.5))), tmp_path / "report.xlsx"
    )
    assert book["Expiries"]["K6"].number_format == "#,##0.0###"
    assert book["Expiries"].column_dimensions["E"].width > 18


def test_an_unlimited_loss_is_a_word(tmp_path: Path) -> None:
    report = seed()
    rows = (replace(report.expiries[0], worst_price=float("inf"), max_loss=float("nan")), report.expiries[1])
    book = filled(replace(report, expiries=rows), tmp_path / "report.xlsx")
    assert column(book, "Expiries", "Worst price")[0] == "unlimited"
    assert column(book, "Expiries", "Worst loss")[0] is None


def test_the_label_of_an_expiry_tells_year_and_morning_where_they_matter() -> None:
    row = seed().expiries[0]
    assert expiry_label(row, AS_OF) == "SPX 23 Dec"
    assert expiry_label(replace(row, expiry=dt.date(2024, 1, 19), settlement="am"), AS_OF) == "SPX 19 Jan 2024 AM"
    assert expiry_label(replace(row, expiry=None), AS_OF) == "SPX stock"


def test_the_stress_is_a_table_a_line_and_the_assumption_in_words(tmp_path: Path) -> None:
    book = filled(seed(), tmp_path / "report.xlsx")
    sheet = book["Stress"]
    assert sheet.tables["Stress"].ref == "A5:G14"
    assert column(book, "Stress", "Move") == [-0.2, -0.15, -0.1, -0.05, 0, 0.05, 0.1, 0.15, 0.2]
    assert column(book, "Stress", "Net liq")[4] == 100_000
    assert column(book, "Stress", "Cushion")[4] == 0.96125
    assert str(named(book, "stress_words")).startswith("Option marks after a move are an assumption")
    (series,) = sheet._charts[0].ser
    assert (series.val.numRef.f, series.cat.numRef.f) == ("'Stress'!$F$6:$F$14", "'Stress'!$A$6:$A$14")
    assert sheet._charts[0].anchor._from.row > 14  # the chart stands under the table
    assert sheet.print_area == "'Stress'!$A$1:$G$35"
    assert (sheet["A6"].number_format, sheet["G6"].number_format) == ("+0\\ %;-0\\ %;0\\ %", "0.0\\ %")


def test_without_a_stress_the_sheet_says_what_is_missing(tmp_path: Path) -> None:
    book = filled(incomplete(), tmp_path / "report.xlsx")
    assert column(book, "Stress", "Move") == [None]
    assert named(book, "stress_words") == "No stress: the requirement is incomplete"
    report = seed()
    unknown = replace(report, stress=(replace(report.stress[0], requirement=None, cushion=None),))
    book = filled(unknown, tmp_path / "unknown.xlsx")
    assert (column(book, "Stress", "Requirement"), column(book, "Stress", "Cushion")) == (["missing"], [None])


def test_the_same_report_makes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        fill(seed(), None, tmp_path / f"{name}.xlsx")
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()


def test_programs_that_do_not_compute_see_the_figures_too(tmp_path: Path) -> None:
    fill(seed(), None, tmp_path / "report.xlsx")
    values = read(tmp_path / "report.xlsx", values=True)
    assert (named(values, "total_requirement"), named(values, "cushion"), named(values, "slots_free")) == (
        5_000,
        0.96125,
        190,
    )
    assert (
        values["Positions"]["A2"].value
        == "Account U1234567 · as of 2022-12-19 · Interactive Brokers, Regulation T margin (ibkr)"
    )
    blank = [
        cell.coordinate
        for sheet, shown in zip(read(tmp_path / "report.xlsx").worksheets, values.worksheets, strict=True)
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f" and shown[cell.coordinate].value is None
    ]
    assert blank == []


def test_a_live_formula_that_disagrees_with_the_report_is_a_finding(tmp_path: Path) -> None:
    report = seed()
    wrong = replace(report, figures=replace(report.figures, available_funds=90_000.0, buying_power=360_000.0))
    finding, follows = fill(wrong, None, tmp_path / "report.xlsx")
    assert finding.severity is follows.severity is Severity.WARNING
    assert "available funds comes to 96125.0, the report says 90000.0" in finding.problem
    assert "buying power comes to 384500.0" in follows.problem


# Text ---------------------------------------------------------------------------------------------------------------------


def test_text_never_becomes_a_formula_an_error_or_a_number(tmp_path: Path) -> None:
    fill(hostile(), None, tmp_path / "report.xlsx")
    book = read(tmp_path / "report.xlsx")
    sheet = book["Positions"]
    for row, text in enumerate(HOSTILE, start=6):
        cell = sheet[f"B{row}"]
        assert cell.data_type == "s"
        assert cell.value == text.replace("\x07", "�").replace("\ud800", "�")
        assert cell.quotePrefix == (text[0] in "=+-@\t#'1" or text == "TRUE")
    formulas = [
        cell.value for each in book.worksheets for row in each.iter_rows() for cell in row if cell.data_type == "f"
    ]
    assert not any("HYPERLINK" in str(formula) or "cmd" in str(formula) for formula in formulas)
    assert book["Summary"].oddFooter.left.text.startswith("Account =HYPERLINK")


def test_text_that_a_cell_cannot_hold_is_cut_and_told(tmp_path: Path) -> None:
    report = seed()
    long = replace(report, working=tuple(replace(row, working="x" * 40_000) for row in report.working))
    (finding,) = fill(long, None, tmp_path / "report.xlsx")
    assert "a text of Working is longer than a cell holds" in finding.problem
    text = column(read(tmp_path / "report.xlsx"), "Working", "Working")[0]
    assert len(str(text)) == 32_767
    assert str(text).endswith("…")


def test_an_ampersand_in_an_account_is_no_code_of_the_footer(tmp_path: Path) -> None:
    book = filled(replace(seed(), account="A&P&R"), tmp_path / "report.xlsx")
    assert book["Summary"].oddFooter.left.text == "Account A＆P＆R · as of 2022-12-19"
    assert book["Summary"].oddFooter.right.text == "Page &P of &N"


# A user's template --------------------------------------------------------------------------------------------------------


def moved(book: Workbook, name: str, sheet: str, address: str) -> None:
    """Move the cell of a name, as a spreadsheet program does: with its look, and the name along."""
    title, old = next(book.defined_names[name].destinations)
    source, target = book[title][old.replace("$", "")], book[sheet][address]
    target.value, target._style = source.value, source._style
    source.value = None
    book.defined_names[name].attr_text = f"'{sheet}'!${target.column_letter}${target.row}"


def restyled(template: Path) -> Path:
    """A user's copy: a sheet renamed, figures moved, the columns of a table in another order, columns of his own."""
    book = read(template)
    sheet = book["Expiries"]
    sheet.title = "By Friday, mine's"
    chart = book["Summary"]._charts[0].ser[0]
    chart.val.numRef.f, chart.cat.strRef.f = "'By Friday, mine''s'!$A$6", "'By Friday, mine''s'!$P$6"
    for row in (5, 6):
        first, seventh = sheet[f"A{row}"], sheet[f"G{row}"]
        first.value, seventh.value = seventh.value, first.value
    table = sheet.tables["Expiries"]
    table.tableColumns[0].name, table.tableColumns[6].name = "Requirement", "Underlying"
    sheet["Q5"], sheet["Q6"] = "Per day", "=IF(ISNUMBER(A6),A6/MAX(1,D6),0)*$R$1"
    sheet["R1"] = 2
    sheet["A8"], sheet["A9"] = "My notes", "=SUM(A6:A6)+A8"
    moved(book, "net_liq", "Working", "J2")
    moved(book, "total_requirement", "Positions", "R2")
    book.save(template)
    return template


def test_a_restyled_copy_is_filled_right(tmp_path: Path, template: Path) -> None:
    book = filled(many(5), tmp_path / "report.xlsx", restyled(template))
    sheet = book["By Friday, mine's"]
    report = many(5)
    assert column(book, "Expiries", "Requirement") == [row.requirement for row in report.expiries]
    assert [sheet[f"A{row}"].value for row in range(6, 11)] == [row.requirement for row in report.expiries]
    assert column(book, "Expiries", "Underlying") == ["SPX"] * 5
    assert [sheet[f"Q{row}"].value for row in (6, 10)] == [
        "=IF(ISNUMBER(A6),A6/MAX(1,D6),0)*$R$1",
        "=IF(ISNUMBER(A10),A10/MAX(1,D10),0)*$R$1",
    ]
    assert sheet["A12"].value == "My notes"
    assert sheet["A13"].value == "=SUM(A6:A10)+A12"
    assert book["Working"]["J2"].value == report.figures.net_liq
    assert book["Summary"]._charts[0].ser[0].val.numRef.f == "'By Friday, mine''s'!$A$6:$A$10"


def test_yesterdays_report_is_a_template_too(tmp_path: Path) -> None:
    fill(many(30), None, tmp_path / "yesterday.xlsx")
    today = replace(seed(), account="U7654321")
    book = filled(today, tmp_path / "today.xlsx", tmp_path / "yesterday.xlsx")
    sheet = book["Expiries"]
    assert sheet.tables["Expiries"].ref == "A5:P7"
    assert sheet.max_row == 7
    assert len(column(book, "Positions", "Line")) == 4
    assert book["Summary"].oddFooter.left.text == "Account U7654321 · as of 2022-12-19"
    assert book["Summary"]._charts[0].ser[0].val.numRef.f == "'Expiries'!$G$6:$G$7"
    again = filled(many(12), tmp_path / "tomorrow.xlsx", tmp_path / "today.xlsx")
    assert again["Expiries"].tables["Expiries"].ref == "A5:P17"
    fill(many(12), None, tmp_path / "fresh.xlsx")
    fresh = read(tmp_path / "fresh.xlsx")
    for mine, theirs in zip(again.worksheets, fresh.worksheets, strict=True):
        assert [[cell.value for cell in row] for row in mine.iter_rows()] == [
            [cell.value for cell in row] for row in theirs.iter_rows()
        ]


def test_a_totals_row_stays_under_its_table(tmp_path: Path, template: Path) -> None:
    book = read(template)
    sheet = book["Expiries"]
    sheet["A7"], sheet["G7"] = "Total", "=SUBTOTAL(109,Expiries[Requirement])"
    sheet.tables["Expiries"].ref = "A5:P7"
    sheet.tables["Expiries"].totalsRowCount = 1
    book.save(template)
    grown = filled(many(9), tmp_path / "report.xlsx", template)
    assert grown["Expiries"].tables["Expiries"].ref == "A5:P15"
    assert grown["Expiries"]["G15"].value == "=SUBTOTAL(109,Expiries[Requirement])"
    shrunk = filled(seed(), tmp_path / "less.xlsx", tmp_path / "report.xlsx")
    assert shrunk["Expiries"].tables["Expiries"].ref == "A5:P8"
    assert shrunk["Expiries"]["A8"].value == "Total"
    assert shrunk["Expiries"].max_row == 8


def test_a_name_table_or_column_that_is_gone_is_a_finding(tmp_path: Path, template: Path) -> None:
    book = read(template)
    del book.defined_names["leverage"]
    book.defined_names["cushion"].attr_text = "Summary!#REF!"
    del book["Findings"].tables["Findings"]
    sheet = book["Expiries"]
    sheet["L5"] = "Puts to spare"
    sheet.tables["Expiries"].tableColumns[11].name = "Puts to spare"
    book.save(template)
    findings = fill(seed(), template, tmp_path / "report.xlsx")
    assert {finding.severity for finding in findings} == {Severity.WARNING}
    assert {finding.problem for finding in findings} == {
        f"the template has no {what}: that figure isn't shown"
        for what in (
            "cell named leverage",
            "cell named cushion",
            "table named Findings",
            "column headed Free put slots in the table Expiries",
        )
    }


def test_a_name_of_a_sheet_and_of_a_merged_area_will_do(tmp_path: Path, template: Path) -> None:
    book = read(template)
    del book.defined_names["account"]
    book["Summary"].merge_cells("C4:D4")
    book["Summary"].defined_names["Account"] = DefinedName("Account", attr_text="Summary!$C$4:$D$4")
    book.save(template)
    assert filled(seed(), tmp_path / "report.xlsx", template)["Summary"]["C4"].value == "U1234567"


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("table", "has no table named Expiries"),
        ("name", "has no cell named total_requirement"),
        ("column", "has no column headed Requirement"),
    ],
)
def test_what_totals_depend_on_must_be_there(tmp_path: Path, template: Path, what: str, says: str) -> None:
    book = read(template)
    if what == "table":
        del book["Expiries"].tables["Expiries"]
    elif what == "name":
        del book.defined_names["total_requirement"]
    else:
        book["Expiries"]["G5"] = "Margin"
        book["Expiries"].tables["Expiries"].tableColumns[6].name = "Margin"
    book.save(template)
    with pytest.raises(MarginError, match=says) as caught:
        fill(seed(), template, tmp_path / "report.xlsx")
    assert "optmargin template" in caught.value.remedy
    assert not (tmp_path / "report.xlsx").exists()


# Files --------------------------------------------------------------------------------------------------------------------


def test_a_template_that_is_not_there_or_not_a_workbook_is_told(tmp_path: Path) -> None:
    with pytest.raises(MarginError, match="isn't there"):
        fill(seed(), tmp_path / "none.xlsx", tmp_path / "report.xlsx")
    (tmp_path / "text.xlsx").write_text("account,symbol\n")
    with pytest.raises(MarginError, match=r"isn't an \.xlsx workbook"):
        fill(seed(), tmp_path / "text.xlsx", tmp_path / "report.xlsx")
    with pytest.raises(MarginError, match="is the template itself"):
        fill(seed(), tmp_path / "text.xlsx", tmp_path / "text.xlsx")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["text.xlsx"]


def test_a_report_appears_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "report.xlsx"
    fill(seed(), None, out)
    before = out.read_bytes()

    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("optmargin.workbook.files.ExcelWriter.save", fails)
    with pytest.raises(MarginError, match="can't be written: no space left on device"):
        fill(many(3), None, out)
    assert out.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["report.xlsx"]


def test_a_folder_that_is_not_there_is_told_with_what_would_help(tmp_path: Path) -> None:
    with pytest.raises(MarginError) as caught:
        fill(seed(), None, tmp_path / "none" / "report.xlsx")
    assert str(tmp_path / "none" / "report.xlsx") in caught.value.problem
    assert "make the folder" in caught.value.remedy
    (tmp_path / "folder.xlsx").mkdir()
    with pytest.raises(MarginError, match="that is a folder"):
        fill(seed(), None, tmp_path / "folder.xlsx")


def test_what_openpyxl_cannot_carry_over_is_told(
    tmp_path: Path, template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import warnings

    from optmargin.workbook import files

    real = files.load_workbook

    def warns(*args: object, **kwargs: object) -> Workbook:
        warnings.warn(
            "Conditional Formatting extension is not supported and will be removed", UserWarning, stacklevel=1
        )
        return real(*args, **kwargs)

    monkeypatch.setattr(files, "load_workbook", warns)
    (finding,) = fill(seed(), template, tmp_path / "report.xlsx")
    assert "Conditional Formatting extension is not supported" in finding.problem
    assert finding.file == "mine.xlsx"


def test_findings_of_one_expiry_keep_their_day(tmp_path: Path) -> None:
    report = replace(seed(), findings=(Finding(Severity.WARNING, "look", underlying="SPX", expiry=SECOND),))
    assert column(filled(report, tmp_path / "report.xlsx"), "Findings", "Expiry") == [dt.datetime(2022, 12, 30)]
