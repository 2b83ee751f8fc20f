"""Cells of a table that others open as a spreadsheet."""

FORMULA = tuple("=+-@\t\r＝＋－＠")


def inert(cell: str) -> str:
    """A spreadsheet takes a text for a formula that begins so; an apostrophe before it keeps it a text."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell
