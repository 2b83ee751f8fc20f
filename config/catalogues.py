"""The languages that people read us in: one catalogue each, `locale/<language>/LC_MESSAGES/django.po`.

A catalogue has every message that a donor, an applicant or a reader can meet; the pages of staff, and the names of
tables and columns, which only they see, are in English. A language is offered once its catalogue is whole: only then is
it compiled.
"""

import ast
import shutil
import sys
from collections.abc import Iterator
from contextlib import chdir
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.core.management import call_command
from django.core.management.commands import makemessages
from django.utils.translation import to_language, to_locale

BASE = Path(__file__).resolve().parent.parent
LOCALE = BASE / "locale"
ALSO = {"prs": "fa"}  # this catalogue is written for readers of both
SOURCE = "en"
ROOMS = ("ledger", "appeal", "donations", "grants", "receipts")
NOT_PUBLIC = [
    "*/management/*",
    "*/staff/*",
    "*admin*",
    "*steps.py",
    "ledger/models/*",
    "ledger/journal*",
    "ledger/reading.py",
    "appeal/joining/office.py",
    "appeal/joining/requests.py",
    "appeal/pledge/office.py",
    "appeal/pledge/texts.py",
    "donations/models/balance_transaction.py",
    "donations/models/bank_statement.py",
    "donations/models/card_testers.py",
    "donations/models/explanation.py",
    "donations/models/offline.py",
    "donations/models/payout.py",
    "donations/models/stripe_event.py",
    "donations/statement*",
    "grants/allocation.py",
    "grants/calling.py",
    "grants/closing.py",
    "grants/committee*",
    "grants/conflicts.py",
    "grants/dividing.py",
    "grants/exporting.py",
    "grants/models/allocation.py",
    "grants/models/panel.py",
    "grants/models/payment_files.py",
    "grants/models/review.py",
    "grants/models/vote.py",
    "grants/payment_file.py",
    "grants/panel.py",
    "grants/reviewing.py",
    "grants/templates/grants/ballot*",
    "grants/templates/grants/my_reading.html",
    "grants/templates/grants/others.html",
    "grants/templates/grants/panel_result.html",
    "grants/templates/grants/reading_mail.txt",
    "grants/templates/grants/review.html",
    "grants/templates/grants/stand_aside.html",
    "grants/voting.py",
    "receipts/closing.py",
    "receipts/models/fiscal_year.py",
    "receipts/models/issuer.py",
    "receipts/models/log.py",
    "receipts/models/published.py",
    "receipts/models/series.py",
    "receipts/models/text.py",
    "receipts/reports/publishing.py",
    "receipts/schemes.py",
]


def written() -> dict[str, Path]:
    """The catalogue of each language that has one."""
    return {to_language(file.parts[-3]): file for file in sorted(LOCALE.glob("*/LC_MESSAGES/django.po"))}


def offered() -> list[str]:
    """What people may choose: English, and whatever is compiled."""
    return [SOURCE, *sorted(to_language(file.parts[-3]) for file in LOCALE.glob("*/LC_MESSAGES/django.mo"))]


def read(file: Path) -> Catalog:
    with file.open("rb") as lines:
        return read_po(lines)


def missing(catalogue: Catalog) -> Iterator[Message]:
    """What is not translated, or is marked as a guess."""
    for message in catalogue:
        said = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.id and (message.fuzzy or not all(said)):
            yield message


def compile_whole() -> None:
    """Compile each catalogue that lacks nothing, if it changed; of any other, nothing compiled stays."""
    for language, source in written().items():
        names = [to_locale(language), *(to_locale(also) for also, as_well in ALSO.items() if as_well == language)]
        targets = [LOCALE / name / "LC_MESSAGES" / "django.mo" for name in names]
        if all(target.exists() and target.stat().st_mtime > source.stat().st_mtime for target in targets):
            continue
        catalogue = read(source)
        whole = not any(missing(catalogue))
        for target in targets:
            target.unlink(missing_ok=True)
            if whole:
                target.parent.mkdir(parents=True, exist_ok=True)
                with NamedTemporaryFile(dir=target.parent, delete=False) as compiled:
                    write_mo(compiled, catalogue)
                Path(compiled.name).chmod(0o644)
                Path(compiled.name).replace(target)  # at once: another process may read it already


def update() -> None:
    """Bring every catalogue to the messages of the code: new ones are empty, and what nobody says any more goes."""
    messages = gather()
    for file in written().values():
        catalogue = read(file)
        catalogue.update(messages, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        write(file, catalogue)


def write(file: Path, catalogue: Catalog) -> None:
    """Its header stays as it is: Babel's would have the time of day in it."""
    header = file.read_bytes().partition(b"\n\n")[0]
    body = BytesIO()
    write_po(body, catalogue, width=120, no_location=True, sort_output=True, omit_header=True)
    file.write_bytes(header + b"\n\n" + body.getvalue())


class Gathering(makemessages.Command):
    """Django's search for messages, that writes no catalogue."""

    found = Catalog()

    def write_po_file(self, potfile: str, locale: str) -> None:
        content = Path(potfile).read_bytes().replace(b"nplurals=INTEGER; plural=EXPRESSION", b"nplurals=2; plural=0")
        self.found = read_po(BytesIO(content))


def gather() -> Catalog:
    """All messages of the code that the public can meet. Needs gettext's programs."""
    gathering = Gathering()
    with (
        TemporaryDirectory() as place,
        chdir(place),
    ):  # a copy: the search leaves files beside what it reads, for a while
        Path("locale").mkdir()
        for room in ROOMS:
            shutil.copytree(BASE / room, room, ignore=shutil.ignore_patterns("static", "migrations", "__pycache__"))
        call_command(gathering, locale=[SOURCE], ignore_patterns=NOT_PUBLIC, no_wrap=True, verbosity=0)
        columns = {found for room in ROOMS for file in Path(room).rglob("*.py") for found in names_of_columns(file)}
    messages = Catalog()
    for message in gathering.found:
        if message.id and not set(message.locations) <= columns:
            messages[message.id] = message
    return messages


def names_of_columns(file: Path) -> Iterator[tuple[str, int]]:
    """Where a table or a column is given its name: the file and the line."""
    for node in ast.walk(ast.parse(file.read_text())):
        told: list[ast.expr] = []
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith(("models.", "SealedText", "ArrayField")):
            said = (word.value for word in node.keywords if word.arg in {"verbose_name", "help_text"})
            told = [*node.args[:1], *said]
        elif isinstance(node, ast.ClassDef) and node.name == "Meta":
            told = [line.value for line in node.body if isinstance(line, ast.Assign)]
        for call in told:
            if isinstance(call, ast.Call):
                yield str(file), call.lineno
                yield from ((str(file), words.lineno) for words in call.args)


if __name__ == "__main__":
    if sys.argv[1:] == ["update"]:
        update()
    compile_whole()
    for language, file in written().items():
        lacking = len([*missing(read(file))])
        print(f"{language}: {f'{lacking} messages are not translated' if lacking else 'whole'}")  # noqa: T201
