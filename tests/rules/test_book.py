"""The loader of rule books: what it refuses, word for word; which version holds on which day; what a caller gets."""

from __future__ import annotations

import datetime as dt
import re
from importlib import resources
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optmargin.core.contracts import AssetClass
from optmargin.core.errors import ErrorCode, MarginError
from optmargin.rules.book import RuleBookError, book, book_names, load_book, term_fields
from optmargin.rules.terms import Convention, SpreadRule

CBOE = resources.files("optmargin.rules").joinpath("books/cboe.toml").read_text(encoding="utf-8")
BOOKS = ("alpaca", "cboe", "ibkr", "ibkr-2005", "tastytrade")


def changed(old: str, new: str, times: int = 1) -> str:
    """The text of the cboe book with a passage replaced; the passage must be there."""
    assert CBOE.count(old) >= 1, old
    return CBOE.replace(old, new, times)


def without_term(key: str) -> str:
    """The text of the cboe book without any version of a term."""
    return re.sub(rf"\[\[{re.escape(key)}\]\]\n(?:[^\[\n][^\n]*\n)+", "", CBOE)


def refusal(text: str) -> str:
    """What the loader says of a text that it refuses."""
    with pytest.raises(RuleBookError) as refused:
        load_book(text, "mine.toml")
    assert refused.value.code is ErrorCode.VALUE
    return str(refused.value)


HEDGE = '[[stock.hedge_rate]]\nfirst_day = 1999-08-01\nsource = "manual"\nvalue = 0.10\n'

REFUSED = [
    # names that mean nothing here
    (
        changed("[[stock.hedge_rate]]", "[[stocks.hedge_rate]]"),
        "mine.toml: stocks: unknown section; did you mean 'stock'?",
    ),
    (
        changed("[[stock.hedge_rate]]", "[[stock.hedge_rates]]"),
        "mine.toml: stock.hedge_rates: unknown term; did you mean 'hedge_rate'?",
    ),
    (
        changed(HEDGE, HEDGE.replace("source", "sorce")),
        "mine.toml: stock.hedge_rate.sorce: unknown key; did you mean 'source'?",
    ),
    (
        changed('convention = "gross"', 'convention = "gross"\ncurrency = "USD"'),
        "mine.toml: book.currency: unknown key; known are convention, first_day, floor, last_day, name, title",
    ),
    (
        changed('date = "April 2000"', 'date = "April 2000"\npages = "3"'),
        "mine.toml: sources.manual_2000.pages: unknown key; did you mean 'page'?",
    ),
    # what is missing
    (
        without_term("stock.hedge_rate"),
        (
            "mine.toml: stock.hedge_rate: missing; add [[stock.hedge_rate]] (maintenance requirement of stock hedged "
            "by a long option, beside the out-of-the-money amount)"
        ),
    ),
    (
        changed(HEDGE, HEDGE.replace("1999-08-01", "1999-08-02")),
        (
            "mine.toml: stock.hedge_rate: no version in force on the book's first day, 1999-08-01; "
            "its first version is from 1999-08-02; add the older version"
        ),
    ),
    (
        changed(HEDGE, HEDGE.replace("value = 0.10\n", "")),
        "mine.toml: stock.hedge_rate from 1999-08-01: no value; write value = ...",
    ),
    (
        changed(HEDGE, HEDGE.replace("first_day = 1999-08-01\n", "")),
        "mine.toml: stock.hedge_rate.first_day: missing; write a day such as 2012-10-26, without quotes",
    ),
    (
        changed('title = "Cboe strategy', 'titel = "Cboe strategy'),
        "mine.toml: book.titel: unknown key; did you mean 'title'?",
    ),
    (changed('title = "Cboe strategy-based margin (Reg T)"\n', ""), "mine.toml: book.title: missing; write it as text"),
    (changed('floor = ""\n', ""), 'mine.toml: book.floor: missing; write ""'),
    ("", "mine.toml: book: missing; write a table [book]"),
    # sources
    (
        changed(HEDGE, HEDGE.replace('source = "manual"\n', "")),
        "mine.toml: stock.hedge_rate from 1999-08-01: no source; every figure needs one: source = a key of [sources]",
    ),
    (
        changed(HEDGE, HEDGE.replace('"manual"', '""')),
        "mine.toml: stock.hedge_rate from 1999-08-01: no source; every figure needs one: source = a key of [sources]",
    ),
    (
        changed(HEDGE, HEDGE.replace('"manual"', '"manuall"')),
        "mine.toml: stock.hedge_rate from 1999-08-01: source 'manuall' isn't declared; did you mean 'manual'?",
    ),
    (changed('date = "April 2000"\n', ""), "mine.toml: sources.manual_2000.date: missing; write it as text"),
    (
        changed('date = "April 2000"', "date = 2000"),
        "mine.toml: sources.manual_2000.date: 2000 isn't text; write it in quotes",
    ),
    (changed('date = "April 2000"', 'date = " "'), "mine.toml: sources.manual_2000.date: empty; write it as text"),
    (
        changed('title = "Chicago Board Options Exchange, Margin Manual"\n', ""),
        "mine.toml: sources.manual_2000.title: missing; write it as text",
    ),
    (
        changed('url = "https://docslib.org/doc/6485279/margin-manual"\n', ""),
        "mine.toml: sources.manual_2000: neither url nor page; say where it is to be found",
    ),
    # days
    (
        changed("first_day = 1999-08-01\nfloor", 'first_day = "1999-08-01"\nfloor'),
        "mine.toml: book.first_day: '1999-08-01' is text; write a day such as 2012-10-26, without quotes",
    ),
    (
        changed(HEDGE, HEDGE.replace("1999-08-01", '"1999-08-01"')),
        "mine.toml: stock.hedge_rate.first_day: '1999-08-01' is text; write a day such as 2012-10-26, without quotes",
    ),
    (
        changed(HEDGE, HEDGE.replace("1999-08-01", "1999-08-01T00:00:00")),
        (
            "mine.toml: stock.hedge_rate.first_day: datetime.datetime(1999, 8, 1, 0, 0) is not a day; "
            "write a day such as 2012-10-26, without quotes"
        ),
    ),
    (
        changed(HEDGE, HEDGE + "\n" + HEDGE),
        "mine.toml: stock.hedge_rate: two versions from 1999-08-01; keep one, or give the later its own first_day",
    ),
    (
        changed(HEDGE, HEDGE + "last_day = 2010-01-01\n\n" + HEDGE.replace("1999-08-01", "2010-01-01")),
        (
            "mine.toml: stock.hedge_rate: the version from 1999-08-01 lasts to 2010-01-01, into that from 2010-01-01; "
            "leave last_day out, or end it the day before"
        ),
    ),
    (
        changed(HEDGE, HEDGE + "last_day = 2009-12-30\n\n" + HEDGE.replace("1999-08-01", "2010-01-01")),
        (
            "mine.toml: stock.hedge_rate: no version from 2009-12-31 to 2009-12-31; "
            "leave last_day out, or add the missing version"
        ),
    ),
    (
        changed(HEDGE, HEDGE + "last_day = 2009-12-30\n"),
        (
            "mine.toml: stock.hedge_rate: no version after 2009-12-30, and the book has no last day; "
            "add the version that follows, or book.last_day"
        ),
    ),
    (
        changed(HEDGE, HEDGE + "last_day = 2009-12-30\n").replace('floor = ""', 'floor = ""\nlast_day = 2010-01-31'),
        (
            "mine.toml: stock.hedge_rate: no version after 2009-12-30, and the book answers until 2010-01-31; "
            "add the version that follows, or book.last_day"
        ),
    ),
    (
        changed(HEDGE, HEDGE + "last_day = 1999-07-31\n"),
        "mine.toml: stock.hedge_rate from 1999-08-01: last_day 1999-07-31 is before its first day",
    ),
    (
        changed('floor = ""', 'floor = ""\nlast_day = 1999-07-31'),
        "mine.toml: book.last_day: 1999-07-31 is before the first day, 1999-08-01",
    ),
    # values
    (
        changed(HEDGE, HEDGE.replace("0.10", "10")),
        "mine.toml: stock.hedge_rate from 1999-08-01: 10 is a percentage; write rates as fractions: 0.1 for 10 %",
    ),
    (
        changed("equity = 0.20", "equity = 20"),
        "mine.toml: uncovered.rate from 1999-08-01.equity: 20 is a percentage; write rates as fractions: 0.2 for 20 %",
    ),
    (
        changed(HEDGE, HEDGE.replace("0.10", '"10 %"')),
        "mine.toml: stock.hedge_rate from 1999-08-01: '10 %' isn't a number; write a number such as 0.20",
    ),
    (
        changed(HEDGE, HEDGE.replace("0.10", "true")),
        "mine.toml: stock.hedge_rate from 1999-08-01: true isn't a number; write a number such as 0.20",
    ),
    (
        changed(HEDGE, HEDGE.replace("0.10", "nan")),
        "mine.toml: stock.hedge_rate from 1999-08-01: nan isn't a finite number",
    ),
    (
        changed(HEDGE, HEDGE.replace("0.10", "-inf")),
        "mine.toml: stock.hedge_rate from 1999-08-01: -inf isn't a finite number",
    ),
    (changed(HEDGE, HEDGE.replace("0.10", "-0.1")), "mine.toml: stock.hedge_rate from 1999-08-01: -0.1 is below zero"),
    (
        changed("value = 2\n", "value = 20\n"),
        "mine.toml: account.buying_power_multiple from 1999-08-01: 20 is more than 10",
    ),
    (
        changed("value = 9\n", "value = 9.5\n"),
        (
            "mine.toml: long_option.long_term_months from 1999-08-01: 9.5 isn't a count; "
            "write a whole number, zero or more"
        ),
    ),
    (
        changed("value = true", 'value = "yes"'),
        (
            "mine.toml: uncovered.permitted from 1999-08-01: 'yes' isn't true or false; "
            "write true or false, without quotes"
        ),
    ),
    (
        changed('value = "strike"', 'value = "strikes"'),
        "mine.toml: uncovered.put_minimum_base from 1999-08-01: 'strikes' isn't known; did you mean 'strike'?",
    ),
    (
        changed('value = "strike"', "value = 1"),
        (
            "mine.toml: uncovered.put_minimum_base from 1999-08-01: 1 isn't one of the known words; "
            "known are strike, underlying"
        ),
    ),
    (
        changed('convention = "gross"', 'convention = "grosss"'),
        "mine.toml: book.convention: 'grosss' isn't known; did you mean 'gross'?",
    ),
    (
        changed("equity = 0.20", "equities = 0.20"),
        "mine.toml: uncovered.rate from 1999-08-01.equities: unknown asset class; did you mean 'equity'?",
    ),
    (
        changed("equity = 0.20, ", ""),
        "mine.toml: uncovered.rate from 1999-08-01: no rate for equity; every asset class needs one",
    ),
    (
        changed("{ equity = 0.20", "{ future = 0.1, equity = 0.20"),
        (
            "mine.toml: uncovered.rate from 1999-08-01.future: futures have no rate; "
            "leave it out: options on futures are not margined by rates"
        ),
    ),
    # shape
    (
        changed("[[stock.hedge_rate]]", "[stock.hedge_rate]"),
        "mine.toml: stock.hedge_rate: isn't a list of versions; write [[stock.hedge_rate]] in double brackets",
    ),
    (
        without_term("straddle.across_expiries") + "\n[straddle]\nacross_expiries = []\n",
        (
            "mine.toml: straddle.across_expiries: no version in force on the book's first day, 1999-08-01; "
            "add the older version"
        ),
    ),
    # differences from the floor
    (
        CBOE + '\n[[differs]]\nterm = "stock.hedge_rate"\nwhy = "so"\nsource = "manual"\n',
        "mine.toml: [[differs]] without a floor to differ from; set book.floor",
    ),
    (
        changed('floor = ""', 'floor = "cboe"')
        .replace('name = "cboe"', 'name = "mine"')
        .replace(HEDGE, HEDGE.replace("0.10", "0.12")),
        (
            "mine.toml: stock.hedge_rate differs from the floor 'cboe' and isn't declared; "
            'add [[differs]] with term = "stock.hedge_rate", why and source'
        ),
    ),
    (
        changed('floor = ""', 'floor = "cboe"').replace('name = "cboe"', 'name = "mine"')
        + '\n[[differs]]\nterm = "stock.hedge_rate"\nwhy = "so"\nsource = "manual"\n',
        (
            "mine.toml: differs says stock.hedge_rate, but its latest value is that of the floor 'cboe'; "
            "leave the entry out"
        ),
    ),
    (changed('floor = ""', 'floor = "cboe"'), 'mine.toml: book.floor is the book itself; write floor = ""'),
    (
        changed('floor = ""', 'floor = "cbeo"').replace('name = "cboe"', 'name = "mine"'),
        "mine.toml: book.floor 'cbeo' isn't a book; did you mean 'cboe'? (known are alpaca, cboe, ibkr, ibkr-2005, tastytrade)",
    ),
    (
        CBOE + '\n[[differs]]\nterm = "stock.hedge_rat"\nwhy = "so"\nsource = "manual"\n',
        "mine.toml: differs: 'stock.hedge_rat' isn't a term; did you mean 'stock.hedge_rate'?",
    ),
    (
        CBOE + '\n[[differs]]\nterm = "stock.hedge_rate"\nsource = "manual"\n',
        "mine.toml: differs stock.hedge_rate.why: missing; write it as text",
    ),
    (
        CBOE + '\n[[differs]]\nterm = "stock.hedge_rate"\nwhy = "so"\n',
        "mine.toml: differs stock.hedge_rate: no source; every figure needs one: source = a key of [sources]",
    ),
    (
        CBOE + 2 * '\n[[differs]]\nterm = "stock.hedge_rate"\nwhy = "so"\nsource = "manual"\n',
        "mine.toml: differs: stock.hedge_rate is declared twice; keep one",
    ),
]


@pytest.mark.parametrize(("text", "said"), REFUSED, ids=[said.removeprefix("mine.toml: ")[:70] for _, said in REFUSED])
def test_a_book_that_is_not_whole_is_refused_and_the_refusal_says_where_and_what_would_help(
    text: str, said: str
) -> None:
    assert refusal(text) == said


def test_toml_that_does_not_parse_is_refused_with_file_and_line() -> None:
    line = CBOE[: CBOE.index("[[stock.hedge_rate]]")].count("\n") + 1
    assert refusal(changed("[[stock.hedge_rate]]", "[[stock.hedge_rate]")).startswith(
        f"mine.toml line {line}: not TOML: "
    )
    assert refusal('[book]\nname = "x').startswith("mine.toml line 2: not TOML: ")


ODD_LINES = [
    "", "[stock]", "[[stock]]", "[sources]", "sources = 3", "differs = 3", "stock = 5", "value = []", "value = {}",
    "value = { equity = [] }", "value = 1e400", "value = 99999999999999999999", "source = 7", "source = []",
    "first_day = 12:00:00", "note = 5", "last_day = 2000-01-01", "[[differs]]", "[sources.manual]", "floor = []",
    "name = 3", "convention = true", "title = {}", "]]", "\x00", "value = '''", "[a.b.c]", "[[uncovered.rate.equity]]",
]  # fmt: skip


@given(at=st.integers(0, CBOE.count("\n") - 1), line=st.sampled_from(ODD_LINES))
def test_whatever_is_wrong_is_refused_in_words_and_not_by_a_traceback(at: int, line: str) -> None:
    lines = CBOE.split("\n")
    try:
        load_book("\n".join([*lines[:at], line, *lines[at + 1 :]]), "mine.toml")
    except RuleBookError as refused:
        assert str(refused).startswith("mine.toml")


def test_the_packaged_text_loads_under_any_file_name() -> None:
    assert load_book(CBOE, "mine.toml").name == "cboe"


def test_a_book_may_end_and_then_says_so() -> None:
    ended = load_book(changed('floor = ""', 'floor = ""\nlast_day = 2020-12-31'), "mine.toml")
    assert ended.on(dt.date(2020, 12, 31)).terms.stock.hedge_rate == 0.10
    assert ended.on(None).terms.stock.hedge_rate == 0.10
    with pytest.raises(
        MarginError, match="book 'cboe' has no terms for 2021-01-01: its last day is 2020-12-31"
    ) as late:
        ended.on(dt.date(2021, 1, 1))
    assert late.value.code is ErrorCode.MISSING
    assert late.value.remedy.startswith("ask for 2020-12-31 or earlier, or take book 'ibkr'")


def test_the_books_are_these() -> None:
    assert book_names() == BOOKS


@pytest.mark.parametrize("written", ["ibkr-2005", "IBKR-2005", " ibkr 2005 ", "ibkr_2005"])
def test_a_name_is_read_as_people_write_it_and_gives_one_book(written: str) -> None:
    assert book(written) is book("ibkr-2005")


def test_an_unknown_name_gives_the_nearest_and_all_known() -> None:
    with pytest.raises(MarginError) as unknown:
        book("ibrk")
    assert unknown.value.code is ErrorCode.VALUE
    assert str(unknown.value) == (
        "there is no rule book 'ibrk'; did you mean 'ibkr'? (known are alpaca, cboe, ibkr, ibkr-2005, tastytrade)"
    )
    with pytest.raises(
        MarginError, match="there is no rule book 'xyzzy'; known are alpaca, cboe, ibkr, ibkr-2005, tastytrade"
    ):
        book("xyzzy")


@pytest.mark.parametrize(
    ("name", "day", "said"),
    [
        (
            "ibkr",
            dt.date(2012, 10, 25),
            (
                "book 'ibkr' has no terms for 2012-10-25: its first day is 2012-10-26; "
                "ask for 2012-10-26 or later, or take book 'ibkr-2005', which answers from 2004-05-01"
            ),
        ),
        (
            "ibkr-2005",
            dt.date(2004, 4, 30),
            (
                "book 'ibkr-2005' has no terms for 2004-04-30: its first day is 2004-05-01; "
                "ask for 2004-05-01 or later, or take book 'cboe', which answers from 1999-08-01"
            ),
        ),
        (
            "cboe",
            dt.date(1999, 7, 31),
            (
                "book 'cboe' has no terms for 1999-07-31: its first day is 1999-08-01; "
                "ask for 1999-08-01 or later; no other book answers for that day"
            ),
        ),
        (
            "tastytrade",
            dt.date(2018, 12, 31),
            (
                "book 'tastytrade' has no terms for 2018-12-31: its first day is 2019-01-01; "
                "ask for 2019-01-01 or later, or take book 'cboe', which answers from 1999-08-01"
            ),
        ),
    ],
)
def test_the_day_before_a_books_first_has_no_terms_and_what_helps_is_said(name: str, day: dt.date, said: str) -> None:
    with pytest.raises(MarginError) as early:
        book(name).on(day)
    assert early.value.code is ErrorCode.MISSING
    assert str(early.value) == said
    assert book(name).on(day + dt.timedelta(days=1)).as_of == book(name).first_day


def test_a_term_that_does_not_exist_has_no_source() -> None:
    with pytest.raises(
        MarginError, match=r"'uncoverd.rate' isn't a term of a rule book; did you mean 'uncovered.rate'\?"
    ):
        book("cboe").on(None).source("uncoverd.rate")


def test_a_source_is_cited_in_a_line() -> None:
    assert book("cboe").on(None).source("account.minimum_equity").cite == (
        "Chicago Board Options Exchange, Margin Manual (April 2000)"
    )
    assert book("cboe").on(None).source("spread.rule").cite == (
        "SEC, order approving SR-CBOE-2012-043, universal spread margin, "
        "77 FR 54626, FR document 2012-21765 (29 Aug 2012)"
    )


def test_what_a_caller_gets() -> None:
    asked = book("ibkr").on(dt.date(2023, 3, 1))
    assert (asked.book, asked.title, asked.convention) == (
        "ibkr",
        "Interactive Brokers, Reg T margin",
        Convention.FIELD,
    )
    assert asked.as_of == dt.date(2023, 3, 1)
    assert book("ibkr").on(None).as_of is None
    assert asked.version("stock.initial_long").last_day == dt.date(2023, 12, 31)
    with pytest.raises(TypeError):
        asked.terms.uncovered.rate[AssetClass.EQUITY] = 0.0  # type: ignore[index]


def test_the_same_question_is_answered_by_the_same_object() -> None:
    day = dt.date(2024, 3, 1)
    assert book("ibkr").on(day) is book("ibkr").on(day)
    assert book("ibkr").on(None) is book("ibkr").on(None)
    assert book("ibkr").on(dt.datetime(2024, 3, 1, 15, 30)) is book("ibkr").on(day)
    assert book("ibkr").on(dt.date(2024, 3, 2)).terms is book("ibkr").on(day).terms


@pytest.mark.parametrize("name", BOOKS)
def test_every_version_is_cited_and_every_source_used(name: str) -> None:
    each = book(name)
    versions = [version for versions in each.versions.values() for version in versions]
    for source in [version.source for version in versions] + [difference.source for difference in each.differs]:
        assert source.title
        assert source.date
        assert source.url or source.page
        assert each.sources[source.key] is source
    assert {version.source.key for version in versions} == set(each.sources)


@pytest.mark.parametrize("name", BOOKS)
def test_every_term_is_set_and_a_changed_version_is_told_apart(name: str) -> None:
    each = book(name)
    assert set(each.versions) == set(term_fields())
    for key, versions in each.versions.items():
        for earlier, later in pairwise(versions):
            assert (earlier.value, earlier.source) != (later.value, later.source), key


@pytest.mark.parametrize("name", BOOKS)
def test_a_difference_from_the_floor_is_declared_exactly_where_there_is_one(name: str) -> None:
    each = book(name)
    if not each.floor:
        assert each.differs == ()
        return
    here, there = each.on(None).versions, book(each.floor).on(None).versions
    differing = {key for key in here if here[key].value != there[key].value}
    assert {difference.term for difference in each.differs} == differing


@given(name=st.sampled_from(BOOKS), days=st.integers(0, 20_000))
def test_on_every_day_from_the_first_each_term_has_the_version_that_covers_the_day(name: str, days: int) -> None:
    each = book(name)
    day = each.first_day + dt.timedelta(days=days)
    asked = each.on(day)
    for key, version in asked.versions.items():
        assert version.first_day <= day, key
        assert version.last_day is None or day <= version.last_day, key
        section, term = key.split(".")
        assert getattr(getattr(asked.terms, section), term) == version.value
        assert asked.source(key) is version.source


@given(days=st.integers(1, 20_000))
def test_no_book_answers_for_a_day_before_its_first(days: int) -> None:
    for name in BOOKS:
        with pytest.raises(MarginError) as early:
            book(name).on(book(name).first_day - dt.timedelta(days=days))
        assert early.value.code is ErrorCode.MISSING


def test_a_version_holds_up_to_the_day_before_the_next() -> None:
    cboe = book("cboe")
    assert cboe.on(dt.date(2012, 8, 28)).terms.spread.rule is SpreadRule.LEGACY
    assert cboe.on(dt.date(2012, 8, 29)).terms.spread.rule is SpreadRule.UNIVERSAL
    assert cboe.on(dt.date(2012, 8, 28)).version("spread.rule").last_day == dt.date(2012, 8, 28)
