"""Reading a formula as a cell would: ``=NAKED_MARGIN("call", 17.40, 20, 0.65)`` with literals, array constants and nesting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.functions.call import Answer, Cell, Grid, call

if TYPE_CHECKING:
    from openpyxl.formula.tokenizer import Token

_CODES = {code.value: code for code in ErrorCode}


def evaluate(formula: str) -> Answer:
    """The answer of a formula; the equals sign may be left out.

    Raises:
        MarginError: ``#VALUE!`` when it isn't one call of a worksheet function with literals, array constants ``{1,2;3,4}`` and
            calls as arguments.
    """
    text = formula.strip()
    if not text.lstrip("="):
        raise MarginError(
            ErrorCode.VALUE, "the formula is empty, so it isn't a formula", "write it like =SLOTS(100000)"
        )
    tokens = _tokens(text if text.startswith("=") else f"={text}")
    reader = _Reader(text, tokens)
    answer = reader.call()
    reader.must_be_at_the_end()
    return answer


def _tokens(text: str) -> list[Token]:
    from openpyxl.formula import Tokenizer
    from openpyxl.formula.tokenizer import TokenizerError

    try:
        return [token for token in Tokenizer(text).items if token.type != "WHITE-SPACE"]
    except (TokenizerError, IndexError) as error:
        raise MarginError(
            ErrorCode.VALUE, f"{text} isn't a formula: {error}", 'write it like =SLOTS(100000), text in "quotes"'
        ) from None


class _Reader:
    """Walks through the tokens of one formula."""

    def __init__(self, text: str, tokens: list[Token]) -> None:
        self.text, self.tokens, self.at = text, tokens, 0

    def refuse(self, problem: str) -> MarginError:
        remedy = 'write one function with literals: numbers, "text", TRUE, #N/A, {1,2;3,4}, or another function'
        return MarginError(ErrorCode.VALUE, f"{self.text}: {problem}", remedy)

    def peek(self) -> Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self) -> Token:
        token = self.peek()
        if token is None:
            raise self.refuse("it ends too early")
        self.at += 1
        return token

    def must_be_at_the_end(self) -> None:
        if (token := self.peek()) is not None:
            raise self.refuse(f"{token.value!r} after the function can't be read here")

    def call(self) -> Answer:
        token = self.take()
        if (token.type, token.subtype) != ("FUNC", "OPEN"):
            raise self.refuse(f"{token.value!r} isn't a function")
        name = str(token.value[:-1])
        arguments: list[Cell | Grid] = []
        pending: Cell | Grid = None
        given = False
        while True:
            token = self.take()
            if (token.type, token.subtype) == ("FUNC", "CLOSE"):
                if given or arguments:
                    arguments.append(pending)
                return call(name, arguments)
            if token.type == "SEP":
                arguments.append(pending)
                pending, given = None, False
                continue
            if given:
                raise self.refuse(f"{token.value!r} can't be read here")
            self.at -= 1
            pending, given = self.value(), True

    def value(self) -> Cell | Grid:
        token = self.take()
        kind = token.type
        if kind == "OPERATOR-PREFIX":
            return self._signed(token.value, self.value())
        if kind == "OPERAND":
            return self._percent(self._literal(token))
        if (kind, token.subtype) == ("FUNC", "OPEN"):
            self.at -= 1
            answer = self.call()
            return self._percent(answer.first if answer.is_single else answer.rows)
        if (kind, token.subtype) == ("ARRAY", "OPEN"):
            return self._array()
        raise self.refuse(f"{token.value!r} can't be read here")

    def _signed(self, sign: str, value: Cell | Grid) -> Cell | Grid:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self.refuse(f"{sign!r} stands before something that isn't a number")
        return -value if sign == "-" else value

    def _percent(self, value: Cell | Grid) -> Cell | Grid:
        following = self.peek()
        if following is None or following.type != "OPERATOR-POSTFIX":
            return value
        self.at += 1
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self.refuse("'%' stands behind something that isn't a number")
        return value / 100

    def _literal(self, token: Token) -> Cell:
        text = str(token.value)
        if token.subtype == "NUMBER":
            return float(text)
        if token.subtype == "TEXT":
            return text[1:-1].replace('""', '"')
        if token.subtype == "LOGICAL":
            return text.upper() == "TRUE"
        if text.upper() in {"TRUE", "FALSE"}:  # in small letters, which the tokenizer takes for a name
            return text.upper() == "TRUE"
        if token.subtype == "ERROR":
            return MarginError(_CODES.get(text, ErrorCode.VALUE), f"an argument is the error {text}", "")
        raise self.refuse(f"{text!r} is a cell or a name, and there is no sheet here; text goes in double quotes")

    def _array(self) -> Grid:
        rows: Grid = [[]]
        while True:
            token = self.peek()
            if token is None or token.type == "SEP" or (token.type, token.subtype) == ("ARRAY", "CLOSE"):
                raise self.refuse("an array has an empty place; leave none out")
            cell = self.value()
            if isinstance(cell, list):
                raise self.refuse("an array can't hold another")
            rows[-1].append(cell)
            token = self.take()
            if (token.type, token.subtype) == ("ARRAY", "CLOSE"):
                break
            # openpyxl's tokenizer calls both parts of an array's end a row's.
            if token.type != "SEP":
                raise self.refuse(f"{token.value!r} can't be read here")
            if token.subtype == "ROW":
                rows.append([])
        if any(len(row) != len(rows[0]) for row in rows):
            raise self.refuse("the rows of the array differ in length")
        return rows
