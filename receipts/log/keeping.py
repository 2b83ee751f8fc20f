"""What the beat does for the open books: write in what is missing, then sign."""

from datetime import datetime

from receipts.log import books, checkpoints, papers, reports


def keep(now: datetime) -> None:
    papers.catch_up()
    reports.catch_up()
    books.log_days(now)
    checkpoints.sign()
