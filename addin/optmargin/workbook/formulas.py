"""The live formulas of the template, by the name of their cell; they refer to names and tables only.

A total is a number only when the report was complete as read and every row of the expiries has its requirement; otherwise it
is a word, and everything that depends on it repeats the word instead of computing with it.
"""

from __future__ import annotations

from optmargin.workbook.layout import INCOMPLETE, NET_LIQ_NOT_GIVEN, NOT_GIVEN

# Either total is shown only when both are known: a report is whole or it isn't.
_ALL_KNOWN = "*".join(
    f"(COUNT(Expiries[{heading}])=COUNTA(Expiries[Underlying]))" for heading in ("Requirement", "Maintenance")
)


def _total(heading: str) -> str:
    return f'=IF(report_complete,IF({_ALL_KNOWN},ROUND(SUM(Expiries[{heading}]),2),"{INCOMPLETE}"),"{INCOMPLETE}")'


def _deposit(total: str, adjustment: str) -> str:
    return f'=IF(ISNUMBER({total}),IF(ISNUMBER({adjustment}),ROUND({total}+{adjustment},2),"{NOT_GIVEN}"),{total})'


def _left(total: str, deposit: str, field: str) -> str:
    by_field = f'IF(ISNUMBER(equity_with_loan),IF(ISNUMBER({field}),ROUND(equity_with_loan-{total}-{field},2),"{NOT_GIVEN}"),{_WHAT_IS_NOT_GIVEN})'
    return f"=IF(ISNUMBER({total}),IF(ISNUMBER(net_liq)*ISNUMBER({deposit}),ROUND(net_liq-{deposit},2),{by_field}),{total})"


def _moved(adjustment: str) -> str:
    return f'=IF(ISNUMBER(total_requirement),IF(ISNUMBER({adjustment}),ROUND(total_requirement+{adjustment},2),"{NOT_GIVEN}"),total_requirement)'


_WHAT_IS_NOT_GIVEN = f'IF(ISNUMBER(net_liq),"{NOT_GIVEN}","{NET_LIQ_NOT_GIVEN}")'


def percent(name: str) -> str:
    """The part of a formula that writes a fraction for a sentence: ``7.5 %``."""
    return f'ROUND(100*{name},1)&" %"'


def iso_day(name: str) -> str:
    """The part of a formula that writes a day as ISO does, in a spreadsheet of any language."""
    return f'YEAR({name})&"-"&RIGHT("0"&MONTH({name}),2)&"-"&RIGHT("0"&DAY({name}),2)'


def shown(name: str) -> str:
    """A formula that repeats a cell, a blank one as a blank."""
    return f'=IF({name}="","",{name})'


_MISSING_COUNT = 'COUNTIF(Findings[Severity],"incomplete")'
_SLOT = "(slot_width*slot_multiplier)"

FORMULAS: dict[str, str] = {
    "report_banner": (
        f'=IF(ISNUMBER(total_requirement),"COMPLETE","INCOMPLETE: "&IF({_MISSING_COUNT}=0,"a requirement is",IF({_MISSING_COUNT}=1,'
        f'"1 thing is",{_MISSING_COUNT}&" things are"))&" missing; totals are not shown")'
    ),
    "total_requirement": _total("Requirement"),
    "total_maintenance": _total("Maintenance"),
    "deposit": _deposit("total_requirement", "deposit_adjustment"),
    "maintenance_deposit": _deposit("total_maintenance", "maintenance_adjustment"),
    "equity_with_loan": (
        "=IF(ISNUMBER(net_liq)*ISNUMBER(option_value),ROUND(net_liq-option_value,2),"
        f"IF(ISNUMBER(cash)*ISNUMBER(stock_value),ROUND(cash+stock_value,2),{_WHAT_IS_NOT_GIVEN}))"
    ),
    "available_funds": _left("total_requirement", "deposit", "field_adjustment"),
    "excess_liquidity": _left("total_maintenance", "maintenance_deposit", "maintenance_field_adjustment"),
    "cushion": (
        "=IF(ISNUMBER(excess_liquidity),IF(ISNUMBER(net_liq),"
        f'IF(net_liq>0,excess_liquidity/net_liq,"net liq not above zero"),"{NET_LIQ_NOT_GIVEN}"),excess_liquidity)'
    ),
    "cushion_words": (
        '=IF(ISNUMBER(cushion),IF(cushion<cushion_warning_3,"below "&' + percent("cushion_warning_3") + "&"
        '": liquidation is near",IF(cushion<cushion_warning_2,"below "&' + percent("cushion_warning_2") + "&"
        '": reduce",IF(cushion<cushion_warning_1,"below "&' + percent("cushion_warning_1") + '&": watch","above "&'
        + percent("cushion_warning_1") + '&": comfortable"))),"no traffic light without a cushion")'
    ),
    "buying_power": (
        f'=IF(ISNUMBER(available_funds),IF(ISNUMBER(buying_power_multiple),ROUND(available_funds*buying_power_multiple,2),"{NOT_GIVEN}"),'
        "available_funds)"
    ),
    # Rows that were left out would make it smaller than it is.
    "leverage": (
        f'=IF(report_complete,IF(ISNUMBER(net_liq),IF(ISNUMBER(gross_position_value),'
        f'IF(net_liq>0,gross_position_value/net_liq,"net liq not above zero"),"{NOT_GIVEN}"),"{NET_LIQ_NOT_GIVEN}"),"{INCOMPLETE}")'
    ),
    "slots_total": (
        f'=IF(ISNUMBER(net_liq),IF({_SLOT}>0,MAX(0,ROUNDDOWN(ROUND(net_liq/{_SLOT},9),0)),"slot width not above zero"),"{NET_LIQ_NOT_GIVEN}")'
    ),
    "slots_used": (
        f'=IF(ISNUMBER(total_requirement),IF(COUNT(Expiries[Slots used])=COUNTA(Expiries[Underlying]),IF({_SLOT}>0,'
        f'ROUND(SUM(Expiries[Slots used])*slot_value_of_report/{_SLOT},6),"slot width not above zero"),"{INCOMPLETE}"),total_requirement)'
    ),
    "slots_free": "=IF(ISNUMBER(slots_used),IF(ISNUMBER(slots_total),INT(slots_total-slots_used+0.000001),slots_total),slots_used)",
    "gross_requirement": _moved("gross_adjustment"),
    "margin_field": _moved("field_adjustment"),
    "working_check": (
        "=IF(ISNUMBER(total_requirement),"
        "IF(MAX(ABS(SUM(Working[Amount])-total_requirement),ABS(SUM(Working[Maintenance])-total_maintenance))"
        '<0.005*(1+ROWS(Working[Amount])),"adds up: yes","adds up: NO, the lines and the total differ"),"adds up: incomplete")'
    ),
}  # fmt: skip

# The line under the heading of every sheet but the first.
HEADING_LINE = (
    f'=IF(account="","","Account "&account&" · ")&"as of "&IF(ISNUMBER(as_of),{iso_day("as_of")},"-")&" · "&book_title'
)

# What the summary says beside its figures.
HOLDS = '=COUNTA(Positions[Underlying])&" positions in "&COUNTA(Expiries[Underlying])&" expiries"'
SLOTS_NOTE = '=IF(ISNUMBER(slots_free),ROUND(slots_used,1)&" of "&slots_total&" used","")'
