"""Read a CAMT.053 file: ISO 20022's bank statement in XML, in the versions that banks send (02 to 13).

Source: ISO 20022 message definitions, camt.053.001. The parser is expat's; a document type, and with it every entity,
is refused before it can mean anything, and nothing outside the file is ever read.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn
from xml.parsers import expat

from django.utils.translation import gettext as _

from donations.statement import Broken, Listed, day, money, one_line
from ledger.money import Money

DEEPEST, MOST = 40, 500_000  # elements in each other, and in all
NOT_A_NUMBER = {"NOTPROVIDED", "NONREF", "NOREF", "NONE"}
PIECE = 64 * 1024
OPENING, CLOSING = {"OPBD", "PRCD"}, {"CLBD"}


@dataclass(slots=True)
class Element:
    name: str
    line: int
    attributes: dict[str, str]
    children: list["Element"] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    def all(self, path: str) -> list["Element"]:
        found = [self]
        for name in path.split("/"):
            found = [child for each in found for child in each.children if child.name == name]
        return found

    def first(self, *paths: str) -> "Element | None":
        return next((found for path in paths for found in self.all(path)), None)

    def text(self, *paths: str) -> str:
        found = self.first(*paths) if paths else self
        return "".join(found.pieces).strip() if found else ""

    def need(self, *paths: str) -> "Element":
        if found := self.first(*paths):
            return found
        raise Broken.at(self.line, _("%(name)s is missing here.") % {"name": paths[0]})


class Tree:
    """Builds elements of local names; the namespace of the first one is kept."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self.refuse
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters
        self.open: list[Element] = []
        self.count = 0
        self.root: Element | None = None
        self.namespace = ""

    def refuse(self, *_declared: object) -> NoReturn:
        raise Broken.at(self.parser.CurrentLineNumber, _("a statement has no document type. This file is not taken."))

    def start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _space, local = name.rpartition(" ")
        element = Element(local, self.parser.CurrentLineNumber, attributes)
        self.count += 1
        if len(self.open) >= DEEPEST or self.count > MOST:
            raise Broken.at(element.line, _("a statement is not as deep or as large as this. Take a shorter time."))
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root, self.namespace = element, namespace
        self.open.append(element)

    def end(self, _name: str) -> None:
        self.open.pop()

    def characters(self, text: str) -> None:
        self.open[-1].pieces.append(text)


def parsed(content: bytes) -> Element:
    tree = Tree()
    try:
        for start in range(0, len(content), PIECE):
            tree.parser.Parse(content[start : start + PIECE])
        tree.parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise Broken.at(error.lineno, _("this is no whole XML file.")) from error
    except (LookupError, ValueError) as error:
        raise Broken(_("The XML file names an encoding that we cannot read.")) from error
    if tree.root is None or tree.root.name != "Document" or ":camt.053." not in tree.namespace:
        raise Broken(_("This is no CAMT.053 file."))
    return tree.root


def read(content: bytes, number: str) -> list[list[Listed]]:
    """The booked lines of each statement in the file, which must be of the account of this number, if it has one."""
    statements: list[list[Listed]] = []
    for statement in parsed(content).all("BkToCstmrStmt/Stmt"):
        refuse_other_account(statement, number)
        booked = [line for entry in statement.all("Ntry") for line in of_entry(entry)]
        refuse_gap(statement, booked)
        statements.append(booked)
    return statements


def refuse_other_account(statement: Element, number: str) -> None:
    account = statement.need("Acct/Id/IBAN", "Acct/Id/Othr/Id")
    if number and plain(account.text()) != plain(number):
        raise Broken.at(account.line, _("this is the statement of another account."))


def plain(number: str) -> str:
    return "".join(filter(str.isalnum, number)).upper()


def refuse_gap(statement: Element, lines: list[Listed]) -> None:
    """What is booked leads from the opening to the closing balance, where the bank states one of each."""
    opening, closing = balances(statement, OPENING), balances(statement, CLOSING)
    if len(opening) == len(closing) == 1:
        moved = sum(line.amount.minor for line in lines if line.amount.currency == opening[0].currency)
        if opening[0].currency == closing[0].currency and opening[0].minor + moved != closing[0].minor:
            raise Broken.at(statement.line, _("the lines of this statement do not lead to its closing balance."))


def balances(statement: Element, kinds: set[str]) -> list[Money]:
    return [signed(balance) for balance in statement.all("Bal") if balance.text("Tp/CdOrPrtry/Cd") in kinds]


def signed(element: Element) -> Money:
    size, direction = size_of(element.need("Amt")), element.need("CdtDbtInd")
    if direction.text() not in {"CRDT", "DBIT"}:
        raise Broken.at(direction.line, _("“%(text)s” is neither CRDT nor DBIT.") % {"text": direction.text()[:40]})
    return size if direction.text() == "CRDT" else -size


def size_of(element: Element) -> Money:
    return money(element.text(), element.attributes.get("Ccy", ""), element.line)


def of_entry(entry: Element) -> Iterator[Listed]:
    """One line, or one for each transaction of a batch; none while the bank has not booked it."""
    if entry.need("Sts").text() != "BOOK" and entry.text("Sts/Cd") != "BOOK":
        return
    whole, parts = signed(entry), entry.all("NtryDtls/TxDtls")
    shares = [share for part in parts if (share := share_of(part, whole))]
    if len(parts) > 1 and len(shares) == len(parts) and sum(each.minor for each in shares) == whole.minor:
        for place, (part, share) in enumerate(zip(parts, shares, strict=True), 1):
            own = number_of(part.text("Refs/AcctSvcrRef")) or batched(entry, place)
            yield listed(entry, [part], share, own)
    else:
        yield listed(entry, parts, whole, own_number(entry, parts))


def own_number(entry: Element, parts: list[Element]) -> str:
    alone = parts[0].text("Refs/AcctSvcrRef") if len(parts) == 1 else ""
    return number_of(entry.text("AcctSvcrRef")) or number_of(alone)


def batched(entry: Element, place: int) -> str:
    number = own_number(entry, [])
    return f"{number}/{place}" if number else ""


def number_of(text: str) -> str:
    return "" if text.upper() in NOT_A_NUMBER else one_line(text)


def share_of(part: Element, whole: Money) -> Money | None:
    """What this transaction adds to the entry; None where the bank does not say."""
    amount = part.first("Amt", "AmtDtls/TxAmt/Amt")
    if amount is None:
        return None
    size = size_of(amount)
    if size.currency != whole.currency:
        return None
    out = part.text("CdtDbtInd") == "DBIT" if part.first("CdtDbtInd") else whole.minor < 0
    return -size if out else size


def listed(entry: Element, parts: list[Element], amount: Money, bank_id: str) -> Listed:
    booked = entry.need("BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm")
    end = "Dbtr" if amount.minor > 0 else "Cdtr"
    texts = [one_line(*(each.text() for each in part.all("RmtInf/Ustrd")), part.text("AddtlTxInf")) for part in parts]
    return Listed(
        number=(parts[0] if len(parts) == 1 else entry).line,
        booked_on=day(booked.text()[:10], "%Y-%m-%d", booked.line),
        amount=amount,
        text=one_line(*texts, entry.text("AddtlNtryInf")),
        reference=one_line(*(references(part) for part in parts)),
        payer=one_line(*(part.text(f"RltdPties/{end}/Nm", f"RltdPties/{end}/Pty/Nm") for part in parts)),
        bank_id=bank_id,
        given=given(parts, amount),
    )


def references(part: Element) -> str:
    creditors = [each.text() for each in part.all("RmtInf/Strd/CdtrRefInf/Ref")]
    own = part.text("Refs/EndToEndId")
    return one_line(*creditors, "" if own == "NOTPROVIDED" else own)


def given(parts: list[Element], amount: Money) -> Money | None:
    """What the payer had their bank send, where that was in another currency."""
    instructed = parts[0].first("AmtDtls/InstdAmt/Amt") if len(parts) == 1 and amount.minor > 0 else None
    if instructed is None or instructed.attributes.get("Ccy") == amount.currency:
        return None
    sent = size_of(instructed)
    return sent if sent.minor > 0 else None
