"""XML parameter files, read in two passes: what combined commodities are made of, then the product families that belong to them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import unescape

import numpy as np

from optmargin.core.errors import Finding, Severity
from optmargin.risk.span.files.gathered import checked_contracts, scan_unit
from optmargin.risk.span.files.spn_blocks import (
    COMMODITY,
    FAMILIES,
    PASSED_OVER,
    SPREADS,
    Block,
    Blocks,
    Place,
    blocks_at,
)
from optmargin.risk.span.files.spn_classes import Adjustments, Chain, Classes
from optmargin.risk.span.files.spn_families import KINDS, FamilyRows, Reference, family_of, may_be_linked, references_of
from optmargin.risk.span.files.spn_header import origin
from optmargin.risk.span.files.spn_inter import SUPER, inter_spread
from optmargin.risk.span.files.spn_nodes import Fields
from optmargin.risk.span.files.spn_options import OptionShapes
from optmargin.risk.span.files.spn_scenarios import Scenarios, scenarios_of
from optmargin.risk.span.files.spn_terms import Rates, terms_of
from optmargin.risk.span.model import (
    AccountKind,
    CombinedCommodity,
    Contracts,
    InterSpread,
    Product,
    SeriesTable,
    SpanParameters,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from xml.etree.ElementTree import Element

    from numpy.typing import NDArray

    from optmargin.risk.span.files.gathered import Column
    from optmargin.risk.span.files.source import Source
    from optmargin.risk.span.files.wanted import Wanted

CODE = re.compile(rb"<cc>\s*([^<]*?)\s*</cc>")
_FAMILY = re.compile(rb"<pfId>\s*([^<]*?)\s*</pfId>")
_CLASS_OF_ARRAY = re.compile(rb"<ra>\s*<r>\s*([^<]*?)\s*</r>")
_PRODUCT = re.compile(rb"<pfCode>\s*([^<]*?)\s*</pfCode>")


def plain(text: bytes) -> str:
    """A code as it stands in the file, without XML's ways of writing signs."""
    return unescape(text.decode("latin-1"))


FamilyKey = tuple[str, str]
"""Exchange and number of a product family."""


@dataclass(slots=True)
class _Draft:
    """A combined commodity: its element, its clearing organization, and the families that it links, with scaling and type."""

    node: Element
    organization: Element
    links: dict[FamilyKey, float]
    types: dict[FamilyKey, str]
    families: list[FamilyRows] = field(default_factory=list)


def read_spn(source: Source, wanted: Wanted, account: AccountKind = AccountKind.SPECULATOR) -> SpanParameters:
    """What an XML file says of the combined commodities that are asked for.

    Args:
        source: the file.
        wanted: what is asked for.
        account: whose class of rates is read where the file has several.

    Raises:
        MarginError: ``#VALUE!`` for a file that is damaged, cut short, hostile or of another kind, with line and element;
            ``#N/A`` for a combined commodity that it hasn't got.
    """
    return Reader(source, wanted, account).parameters()


class Reader:
    """The state of reading one file."""

    def __init__(self, source: Source, wanted: Wanted, account: AccountKind = AccountKind.SPECULATOR) -> None:
        self.source, self.wanted, self.account = source, wanted, account
        self.fields = Fields(source)
        self.findings: list[Finding] = []
        self.drafts: dict[str, _Draft] = {}
        self._known: set[str] = set()
        self._owners: dict[str, str] = {}
        self._spreads: list[tuple[Element, bool]] = []
        self._places: dict[FamilyKey, list[Place]] = {}
        self._contracts = 0
        self._shapes = OptionShapes()
        self._chosen: dict[str, str | None] = {}  # the class of rates that is read of each combined commodity
        self._referred: dict[Reference, tuple[int, float]] = {}

    def parameters(self) -> SpanParameters:
        """The model of the file."""
        frame = self._first_pass()
        moment = self._moment(frame)
        definitions = frame.find("definitions")
        classes = {id(node): Classes.of(node, definitions, self.fields) for node in moment.findall("clearingOrg")}
        self._families(classes)
        self._resolve()
        commodities = {
            code: self._commodity(code, draft, classes[id(draft.organization)]) for code, draft in self.drafts.items()
        }
        spreads = self._inter_spreads(commodities, classes)
        rates = self._rates_of_exchange(moment)
        rate_class = self.account.value if any(len(each.uses) > 1 for each in classes.values()) else ""
        organizations = [self.fields.text(node, "ec") for node in moment.findall("clearingOrg")]
        source = origin(self.fields, frame, moment, organizations, rate_class)
        return SpanParameters(source, commodities, spreads, rates, tuple(self.findings))

    def family_key(self, text: bytes, path: list[Element]) -> FamilyKey:
        """Exchange and number of a product family, by its beginning and the path of elements that it stands in."""
        number = _FAMILY.search(text)
        return self.fields.text(path[-1], "exch"), "" if number is None else plain(number[1])

    def linked(self) -> set[FamilyKey]:
        """The product families that the combined commodities which are asked for link, and those that their options are on."""
        found = {key for draft in self.drafts.values() for key in draft.links}
        return found | {(exchange, number) for exchange, number, _ in self._referred}

    def _first_pass(self) -> Element:
        """Combined commodities and spreads."""
        blocks = Blocks(self.fields, self._choice, self._take_terms)
        frame = blocks.frame()
        self._places = blocks.places
        for tag in sorted(blocks.seen & set(PASSED_OVER)):
            self.findings.append(Finding(Severity.NOTE, f"{tag} isn't read", "", self.source.name))
        self.wanted.check(self._found(), self._known, self._owners, self.source.name)
        if not self.drafts:
            raise self.source.refusal(
                "there is no combined commodity (ccDef) in the file",
                "the file is cut short, or none of SPAN parameters",
            )
        return frame

    def _found(self) -> Iterator[str]:
        for code, draft in self.drafts.items():
            yield code
            for exchange in self._exchanges(draft.organization, draft.links):
                yield f"{exchange}/{code}"

    def _exchanges(self, organization: Element, links: Mapping[FamilyKey, float]) -> list[str]:
        return [self.fields.text(organization, "ec"), *dict.fromkeys(exchange for exchange, _ in links)]

    def _choice(self, tag: str, head: bytes, path: list[Element]) -> bool | FamilyKey:
        """What is done with a block in the first pass."""
        if tag in FAMILIES:
            return self.family_key(head, path)
        if tag == COMMODITY:
            code = CODE.search(head)
            name = "" if code is None else plain(code[1])
            self._known.add(name)
            names = self.wanted.names
            if code is None or names is None or any(each.rpartition("/")[2] == name for each in names):
                return True
            for product in _PRODUCT.findall(head):
                self._owners.setdefault(plain(product), name)
            return False
        return tag in SPREADS

    def _take_terms(self, block: Block, path: list[Element]) -> None:
        if block.tag in SPREADS:
            self._take_spread(block, path)
            return
        node = block.tree(self.fields)
        code = self.fields.text(node, "cc", None)
        organization = path[-1]
        links: dict[FamilyKey, float] = {}
        types: dict[FamilyKey, str] = {}
        for link in node.findall("pfLink"):
            key = self.fields.text(link, "exch", None), self.fields.text(link, "pfId", None)
            types[key] = self.fields.text(link, "pfType").upper()
            links[key] = self.fields.number(link, "sc", 1.0)
            self._owners.setdefault(self.fields.text(link, "pfCode"), code)
        if not self.wanted.holds(code, self._exchanges(organization, links)):
            return
        if code in self.drafts:
            raise self.source.refusal(
                f"combined commodity {code} stands in the file twice (before: line {self.fields.line_of(self.drafts[code].node)})",
                f"ask for one of them by its clearing organization: {self.fields.text(organization, 'ec')}/{code}",
                line=block.line,
            )
        if not links:
            raise self.fields.refusal(node, "pfLink", f"combined commodity {code} has no products")
        self.drafts[code] = _Draft(node, organization, links, types)

    def _take_spread(self, block: Block, path: list[Element]) -> None:
        """Keeps a spread for later where at least one of its legs may be asked for."""
        names = self.wanted.names
        codes = {plain(code) for code in CODE.findall(block.text)}
        if names is None or any(each.rpartition("/")[2] in codes for each in names):
            self._spreads.append((block.tree(self.fields), path[-1].tag == SUPER))

    def _moment(self, frame: Element) -> Element:
        moments = frame.findall("pointInTime")
        if len(moments) != 1:
            raise self.source.refusal(
                f"there are {len(moments)} points in time in the file, not one", "give the file of one business day"
            )
        return moments[0]

    def _families(self, classes: Mapping[int, Classes]) -> None:
        """Reads the product families that are linked."""
        owners: dict[FamilyKey, str] = {}
        for code, draft in self.drafts.items():
            for key in draft.links:
                if owners.setdefault(key, code) != code:
                    raise self.fields.refusal(
                        draft.node, "pfLink", f"product family {key[1]} of {key[0]} is in {owners[key]} as well"
                    )
        keys = {place: key for key in owners for place in self._places.get(key, ())}
        wanted = [place for place, key in keys.items() if may_be_linked(place.tag, self.drafts[owners[key]].types[key])]
        for place, block in blocks_at(self.source, wanted):
            self._family(block, keys[place], owners[keys[place]], classes)

    def _family(self, block: Block, key: FamilyKey, code: str, classes: Mapping[int, Classes]) -> None:
        """Reads one product family into its combined commodity."""
        draft, chosen = self.drafts[code], self._chosen
        if block.tag not in KINDS:
            problem = f"{block.tag} of {code} isn't read: neither futures nor options"
            self.findings.append(Finding(Severity.NOTE, problem, "", self.source.name, block.line, underlying=code))
            return
        if code not in chosen:
            available = {plain(number): None for number in _CLASS_OF_ARRAY.findall(block.text)}
            if available:
                wanted = classes[id(draft.organization)].class_of(self.account, is_maintenance=True)
                chosen[code] = Adjustments.of(draft.node, self.fields).chain(wanted).pick(available)
        rows = family_of(block, key[0], self._rates(chosen.get(code)), draft.links[key], self._shapes)
        draft.families.append(rows)
        self._contracts += sum(len(part) for part in rows.contracts.get("series", []))
        if self._contracts > self.source.limits.contracts:
            raise self.source.refusal(
                f"more than {self.source.limits.contracts:,} contracts are asked for",
                "name the combined commodities that are needed",
            )
        for contract, found in rows.known.items():
            self._referred[*key, contract] = found
        if rows.left_out:
            problem = (
                f"{rows.left_out} options of {code} have a value factor of their own (variable tick) and were left out"
            )
            remedy = "a position in one of them will be said to be missing"
            self.findings.append(
                Finding(Severity.WARNING, problem, remedy, self.source.name, block.line, underlying=code)
            )

    def _rates(self, number: str | None) -> Rates:
        """Reads amounts of one class of rates; of any, where a file has only one."""
        return Rates(self.fields, Chain((number,), (1.0,)) if number else Chain((), ()))

    def _resolve(self) -> None:
        """Finds the underlying contracts of options that stand in families which nobody linked."""
        missing = {
            reference[:2]
            for draft in self.drafts.values()
            for family in draft.families
            for reference in family.underlying
            if reference is not None and reference not in self._referred
        }
        if not missing:
            return
        keys = {place: key for key in missing for place in self._places.get(key, ()) if place.tag in KINDS}
        for place, block in blocks_at(self.source, keys):
            for contract, found in references_of(block, self.fields).items():
                self._referred[*keys[place], contract] = found

    def _commodity(self, code: str, draft: _Draft, classes: Classes) -> CombinedCommodity:
        """Puts a combined commodity together."""
        fields, number = self.fields, self._chosen.get(code)
        organization = draft.organization
        own = scenarios_of(draft.node.findall("pointDef"), number, fields)
        scenarios = own or scenarios_of(organization.findall("pointDef"), number, fields) or Scenarios()
        table, contracts, products, lines = self._assembled(code, draft, scenarios)
        checked_contracts(contracts, table, products, self.source, lines)
        scales = fields.flag(organization, "isContractScale")
        limits = fields.flag(draft.node, "capAnov")
        return CombinedCommodity(
            code=code,
            products=products,
            series=table,
            contracts=contracts,
            exchange=next(iter(draft.links))[0],
            currency=fields.text(draft.node, "currency", None),
            limits_option_value=(fields.flag(organization, "capAnov") if limits is None else limits) is True,
            pairs=scenarios.pairs,
            risk_exponent=fields.whole(draft.node, "riskExponent", 0),  # kept; amounts in XML are whole currency
            **terms_of(draft.node, self._rates(number), classes, number, scales=scales),
        )

    def _assembled(
        self, code: str, draft: _Draft, scenarios: Scenarios
    ) -> tuple[SeriesTable, Contracts, tuple[Product, ...], NDArray[np.int64]]:
        """Series, contracts and products of all families, and the line of each contract."""
        columns: dict[str, list[Column]] = {}
        parts: dict[str, list[NDArray[Any]]] = {}
        series = 0
        lookahead = self._lookahead(draft.organization)
        families = [family for family in draft.families if family.series]
        for at, family in enumerate(families):
            for row, reference in zip(family.series, family.underlying, strict=True):
                self._refer(row, reference, family)
                row |= {
                    "product": at, "lookahead": lookahead, "extreme_multiplier": scenarios.multiplier,
                    "extreme_cover": scenarios.cover,
                }  # fmt: skip
                for name, value in row.items():
                    columns.setdefault(name, []).append(value)
            for name, several in family.contracts.items():
                offset = series if name == "series" else 0
                parts.setdefault(name, []).extend(each + offset if offset else each for each in several)
            series += len(family.series)
        if not parts:
            raise self.fields.refusal(draft.node, "pfLink", f"combined commodity {code} has no risk array at all")
        joined = {name: np.concatenate(several) for name, several in parts.items()}
        lines = joined.pop("line")
        table, contracts = SeriesTable.of(**columns), Contracts(**joined)
        unit = scan_unit(table, contracts, (np.ones(len(table)), table.value_factor))
        columns |= {name: getattr(table, name) * unit for name in ("scan_up", "scan_down")}
        return SeriesTable.of(**columns), contracts, tuple(family.product for family in families), lines

    def _refer(self, row: dict[str, Column], reference: Reference | None, family: FamilyRows) -> None:
        """Fills in what a series has from its underlying: the price, and for options on futures the period."""
        if reference is None:
            if family.product.kind.value == "OOF":
                raise self.source.refusal(
                    f"a series of {family.product.code} has no underlying (undC)", "the file is damaged"
                )
            return
        found = self._referred.get(reference)
        if found is None:
            raise self.source.refusal(
                f"the underlying of options {family.product.code} isn't in the file (contract {reference[2]} of product "
                f"family {reference[1]}, {reference[0]})",
                "the file is cut short; fetch it again",
            )
        number, row["underlying_price"] = found
        if family.product.kind.value in {"OOF", "OOC"} and number:
            row["period"] = number

    def _lookahead(self, organization: Element) -> float:
        days = self.fields.number(organization, "lookAheadDays", math.nan)
        per_year = self.fields.number(organization, "daysPerYear", 365.0) or 365.0
        return self.fields.number(organization, "lookAheadYears", days / per_year)

    def _inter_spreads(
        self, commodities: Mapping[str, CombinedCommodity], classes: Mapping[int, Classes]
    ) -> tuple[InterSpread, ...]:
        """Spreads between the combined commodities that were read."""
        anyone = next(iter(self.drafts.values()))
        wanted = classes[id(anyone.organization)].class_of(self.account, is_maintenance=True)
        rates = Rates(self.fields, Adjustments.of(anyone.node, self.fields).chain(wanted))
        found = []
        for node, is_super in self._spreads:
            spread = inter_spread(node, rates, commodities, self.findings, is_super=is_super)
            if spread is not None:
                found.append(spread)
        return tuple(found)

    def _rates_of_exchange(self, moment: Element) -> dict[tuple[str, str], float]:
        found = {}
        for node in moment.findall("clearingOrg/curConv"):
            factor = self.fields.number(node, "factor")
            if not factor > 0:
                raise self.fields.refusal(node, "factor", f"{factor:g} isn't a rate of exchange")
            found[self.fields.text(node, "fromCur", None), self.fields.text(node, "toCur", None)] = factor
        return found
