"""The open books are only ever added to: each thing once, without a gap, and nothing is changed, whoever asks."""

import hashlib
import json
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from appeal.refusal import Refused
from ledger.models import Entry
from receipts import issuing, log, rendering
from receipts.log import books, papers, tree
from receipts.models import Donor, LeafKind, LogLeaf, LogNode, Receipt, ReceiptDocument
from receipts.verify import canonical, includes, leaf_hash, leaf_of, root_of
from tests.receipts import build

pytestmark = pytest.mark.django_db(transaction=True)


def report(number: int = 1) -> LogLeaf:
    return log.append(kind="report", key=f"winter {number}", body={"campaign": "winter", "files": {"a": f"{number}"}})


def leaves() -> list[bytes]:
    return [bytes(leaf) for leaf in LogLeaf.objects.order_by("index").values_list("leaf", flat=True)]


def public() -> str:
    return b"\n".join(leaves()).decode()


def test_leaves_are_numbered_from_nothing() -> None:
    assert [report(number).index for number in range(5)] == [0, 1, 2, 3, 4]
    assert LogLeaf.objects.size() == 5


def test_the_same_thing_is_logged_once() -> None:
    first, again = report(), report()
    assert first.pk == again.pk
    assert LogLeaf.objects.size() == 1


def test_what_is_logged_is_not_logged_in_other_words() -> None:
    report()
    with pytest.raises(Refused, match="“winter 1” is in the open books already, in other words"):
        log.append(kind="report", key="winter 1", body={"campaign": "summer"})


def test_a_leaf_that_was_taken_back_leaves_no_gap() -> None:
    report(1)
    with transaction.atomic():
        report(2)
        transaction.set_rollback(True)
    assert report(3).index == 1


def test_twenty_at_once_leave_no_gap() -> None:
    def some(writer: int) -> list[int]:
        return [report(writer * 100 + turn).index for turn in range(10)]

    written = build.at_once([partial(some, writer) for writer in range(20)])
    assert sorted(index for some in written if isinstance(some, list) for index in some) == list(range(200))
    assert tree.root(200) == root_of(map(leaf_hash, leaves()))


def test_the_same_thing_from_twenty_at_once_is_one_leaf() -> None:
    assert len({str(leaf) for leaf in build.at_once([report] * 20)}) == 1
    assert LogLeaf.objects.size() == 1


def test_the_tree_of_postgresql_is_that_of_the_rfc() -> None:
    for number in range(37):
        report(number)
    hashes = [leaf_hash(leaf) for leaf in leaves()]
    for size in range(1, 38):
        root = tree.root(size)
        assert root == root_of(hashes[:size])
        with_number = [includes(root, size, index, hashes[index], tree.inclusion(index, size)) for index in range(size)]
        assert all(with_number)
    assert [bytes(leaf.leaf_hash) for leaf in LogLeaf.objects.order_by("index")] == hashes


@pytest.mark.parametrize("table", ["receipts_logleaf", "receipts_lognode", "receipts_signedcheckpoint"])
@pytest.mark.parametrize("deed", ["UPDATE {} SET {}", "DELETE FROM {}", "TRUNCATE {}"])
def test_nothing_is_changed_whoever_asks(table: str, deed: str) -> None:
    report()
    column = {
        "receipts_logleaf": "key = 'x'",
        "receipts_lognode": "hash = 'x'",
        "receipts_signedcheckpoint": "key = ''",
    }
    with pytest.raises(IntegrityError, match=f"{table} is refused: the open books are only ever added to"):
        build.sql(deed.format(table, column[table]))


INSERT = "INSERT INTO receipts_logleaf (index, kind, key, body, salt, leaf) VALUES (%s, %s, %s, %s, %s, %s)"


REPORT = ("report", "x", "{}", None, b'{"body":{},"kind":"report"}')


def by_hand(**other: Any) -> None:
    row = dict(zip(("index", "kind", "key", "body", "salt", "leaf"), (1, *REPORT), strict=True))
    build.sql(INSERT, *(row | other).values())


def test_the_next_leaf_may_be_written_by_hand_in_the_words_of_its_body() -> None:
    report()
    by_hand()
    assert LogLeaf.objects.size() == 2


@pytest.mark.parametrize(
    ("other", "refused"),
    [
        ({"index": 2}, "log_has_no_gap"),
        ({"index": 0}, "log_has_no_gap"),
        ({"index": -1}, "log_has_no_gap"),
        ({"leaf": b'{"body":{} ,"kind":"report"}'}, "log_leaf_is_of_its_words"),
        ({"body": '{"a":1}'}, "log_leaf_is_of_its_words"),
        ({"kind": "receipt"}, "log_private_is_salted"),
        ({"kind": "ledger", "salt": b"short"}, "log_private_is_salted"),
        ({"salt": b"s" * 32}, "log_private_is_salted"),
        (
            {"kind": "event", "salt": b"s" * 32, "leaf": leaf_of("event", {"a": 1}, b"s" * 32)},
            "log_leaf_is_of_its_words",
        ),
        ({"key": "winter 1"}, "log_leaf_once"),
        ({"key": ""}, "log_leaf_names_its_thing"),
    ],
)
def test_a_leaf_by_hand_that_is_not_as_it_should_be_is_refused(other: dict[str, Any], refused: str) -> None:
    report()
    with pytest.raises(IntegrityError, match=refused):
        by_hand(**other)


def test_no_leaf_is_written_for_another_time() -> None:
    with pytest.raises(IntegrityError, match="log_leaf_is_stored_now"):
        build.sql(INSERT[:-1].replace("leaf)", "leaf, stored_at)") + ", '2020-01-01')", 0, *REPORT)


def test_nobody_grows_the_tree_by_hand() -> None:
    with pytest.raises(IntegrityError, match="receipts_lognode is refused"):
        build.sql("INSERT INTO receipts_lognode (level, index, hash) VALUES (0, 0, 'x')")


# Receipts


def test_a_receipt_is_logged_with_its_pdf_in_the_same_moment() -> None:
    receipt = build.rendered()
    leaf = LogLeaf.objects.of(LeafKind.RECEIPT).get()
    body = json.loads(leaf.body)
    assert (leaf.key, body["number"], body["amount_minor"]) == (receipt.number, receipt.number, 150_00)
    assert body["files"] == {f"{receipt.number}.pdf": receipt.document.sha256}
    assert leaf.stored_at <= receipt.document.rendered_at + timedelta(seconds=1)


def test_of_a_receipt_the_public_sees_nothing_that_can_be_guessed() -> None:
    receipt = build.rendered()
    leaf = LogLeaf.objects.of(LeafKind.RECEIPT).get()
    assert leaf.salt is not None
    assert set(json.loads(public())) == {"hash", "kind"}
    for known in (
        receipt.number,
        "Leila",
        "150",
        receipt.document.sha256,
        hashlib.sha256(leaf.body.encode()).hexdigest(),
    ):
        assert known not in public()
    salted = hashlib.sha256(bytes(leaf.salt) + leaf.body.encode()).hexdigest()
    assert json.loads(public())["hash"] == salted


def test_two_receipts_of_the_same_words_have_salts_of_their_own() -> None:
    for _ in range(2):
        build.rendered()
    first, second = LogLeaf.objects.of(LeafKind.RECEIPT)
    assert first.salt != second.salt
    assert len(bytes(first.salt or b"")) == 32


def test_nothing_in_a_leaf_says_who_the_donor_is() -> None:
    build.rendered(name="Leila Noori")
    words = " ".join(LogLeaf.objects.values_list("body", flat=True))
    assert "Leila" not in words
    assert "@" not in words


def test_the_end_of_a_receipt_is_logged() -> None:
    wrong = build.rendered()
    right = issuing.replace(
        wrong, by=build.person(), reason="Misspelt", donor=Donor("Layla", "l@example.org"), now=build.NOW
    )
    assert papers.catch_up() == 2
    told = {leaf.key: json.loads(leaf.body) for leaf in LogLeaf.objects.of(LeafKind.EVENT)}
    assert told[f"{wrong.number} void"] == {"event": "void", "number": wrong.number, "on": "2026-05-14"}
    assert told[f"{wrong.number} replaced"] == {"event": "replaced", "number": wrong.number, "by": right.number}
    assert papers.catch_up() == 0
    rendering.render(build.later())
    body = json.loads(LogLeaf.objects.get(key=right.number).body)
    assert body["replaces"] == wrong.number
    wrong.refresh_from_db()
    assert [leaf.kind for leaf in papers.leaves_of(wrong)] == ["receipt", "event", "event"]


def test_receipts_from_before_the_log_are_logged_later() -> None:
    receipt = build.receipt()
    ReceiptDocument.objects.create(receipt=receipt, pdf=b"%PDF")
    assert papers.catch_up() == 1
    assert LogLeaf.objects.of(LeafKind.RECEIPT).get().key == receipt.number
    assert Receipt.objects.count() == 1


# Days of the journal


def ledger() -> list[dict[str, Any]]:
    return [
        json.loads(body)
        for body in LogLeaf.objects.of(LeafKind.LEDGER).order_by("index").values_list("body", flat=True)
    ]


def entries(body: dict[str, Any]) -> set[int]:
    return {number for first, last in body["entries"] for number in range(first, last + 1)}


def test_a_day_is_logged_once_it_is_over() -> None:
    now = build.later()
    fund = build.campaign().card_fund
    build.given(fund, 50_00)
    assert books.log_days(now) == 1  # yesterday, in which nothing happened
    assert books.log_days(now) == 0
    assert books.log_days(now + timedelta(days=1)) == 1
    yesterday, today = ledger()
    assert (yesterday["entries"], yesterday["postings"]) == ([], 0)
    assert entries(today) == set(Entry.objects.values_list("pk", flat=True))
    assert today["postings"] == 2
    assert today["day"] == now.date().isoformat()


def test_days_on_which_no_worker_ran_are_logged_afterwards() -> None:
    now = build.later()
    books.log_days(now)
    assert books.log_days(now + timedelta(days=5)) == 5
    assert [body["day"] for body in ledger()] == [(now + timedelta(days=n)).date().isoformat() for n in range(-1, 5)]


def test_a_late_entry_is_in_the_next_day_and_breaks_none() -> None:
    now, fund = build.later(), build.campaign().card_fund
    build.given(fund, 50_00)
    books.log_days(now + timedelta(days=1))
    before = leaves()
    build.given(fund, 20_00, on=date(2020, 1, 1))
    books.log_days(now + timedelta(days=2))
    assert leaves()[: len(before)] == before
    first, second = [entries(body) for body in ledger()]
    assert first.isdisjoint(second)
    assert first | second == set(Entry.objects.values_list("pk", flat=True))


def test_an_entry_whose_number_came_before_those_of_a_logged_day_is_not_forgotten() -> None:
    """A transaction takes its number, and ends after others that took theirs later."""
    now, slow, quick = build.later(), build.campaign().card_fund, build.campaign().card_fund
    with transaction.atomic():
        build.given(slow, 50_00)
        build.at_once([partial(build.given, quick, 20_00)])
        assert build.at_once([partial(books.log_days, now + timedelta(days=1))]) == [1]
    books.log_days(now + timedelta(days=2))
    first, second = [entries(body) for body in ledger()]
    (late,) = second
    assert late < min(first)
    assert first | second == set(Entry.objects.values_list("pk", flat=True))


def test_of_a_day_the_public_sees_nothing_that_can_be_guessed() -> None:
    now = build.later()
    build.given(build.campaign().card_fund, 50_00)
    books.log_days(now + timedelta(days=1))
    leaf = LogLeaf.objects.of(LeafKind.LEDGER).get()
    assert set(json.loads(public())) == {"hash", "kind"}
    assert json.loads(public())["hash"] != hashlib.sha256(leaf.body.encode()).hexdigest()
    assert leaf.salt is not None
    assert (
        json.loads(public())["hash"] == hashlib.sha256(bytes(leaf.salt) + canonical(ledger()[0]).encode()).hexdigest()
    )


def test_every_subtree_is_kept_once() -> None:
    for number in range(8):
        report(number)
    assert LogNode.objects.count() == 15
