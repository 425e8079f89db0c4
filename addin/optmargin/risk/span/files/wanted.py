"""Which combined commodities of a file are asked for, by code (``ES``) or by exchange and code (``CME/ES``)."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from optmargin.core.errors import ErrorCode, MarginError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

_LISTED = 12


@dataclass(frozen=True, slots=True)
class Wanted:
    """The combined commodities that are read; everything else in a file is passed over.

    Attributes:
        names: as asked for; None for all.
    """

    names: frozenset[str] | None = None

    @classmethod
    def of(cls, names: Collection[str] | None) -> Wanted:
        """What a caller asks for; None for all.

        Raises:
            MarginError: ``#VALUE!`` for an empty list, or one name instead of a list.
        """
        if names is None:
            return cls()
        listed = [names] if isinstance(names, str) else list(names)
        cleaned = frozenset(name.strip() for name in listed)
        if not cleaned or "" in cleaned:
            raise MarginError(
                ErrorCode.VALUE,
                "no combined commodity is asked for",
                "name them, such as ES or CME/ES, or none for all",
            )
        return cls(cleaned)

    def holds(self, code: str, exchanges: Iterable[str] = ()) -> bool:
        """Whether a combined commodity is asked for.

        Args:
            code: of the combined commodity.
            exchanges: its exchange, clearing organization, or exchanges of its products.
        """
        return self.names is None or code in self.names or any(f"{each}/{code}" in self.names for each in exchanges)

    def check(self, found: Iterable[str], known: Iterable[str], products: Mapping[str, str], file: str) -> None:
        """Raises where something that was asked for isn't in the file.

        Args:
            found: codes, and ``exchange/code``, of what was found.
            known: codes of all combined commodities of the file.
            products: code of a product -> code of the combined commodity that it belongs to.
            file: its name, for people.

        Raises:
            MarginError: ``#N/A``, with what the file holds instead.
        """
        missing = sorted((self.names or frozenset()) - set(found))
        if not missing:
            return
        name, codes = missing[0], sorted(set(known))
        bare = name.rpartition("/")[2]
        by_letters = {code.casefold(): code for code in codes}
        close = [by_letters[each] for each in difflib.get_close_matches(bare.casefold(), by_letters, n=1, cutoff=0.7)]
        if bare in products and products[bare] != bare:
            remedy = f"{bare} is a product of combined commodity {products[bare]}; ask for {products[bare]}"
        elif close and close[0] != name:
            remedy = f"did you mean '{close[0]}'?"
        else:
            more = f" and {len(codes) - _LISTED} more" if len(codes) > _LISTED else ""
            remedy = f"it holds {', '.join(codes[:_LISTED]) or 'none'}{more}"
        raise MarginError(ErrorCode.MISSING, f"combined commodity {name} isn't in {file}", remedy)
