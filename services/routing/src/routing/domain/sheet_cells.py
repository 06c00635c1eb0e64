"""Text in the cells of a sheet, and in XML: what neither a spreadsheet nor a parser trips over."""

# What spreadsheets take for the beginning of a formula (OWASP, CSV injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r")
# What XML 1.0 can write (section 2.2).
WRITABLE = (range(0x20, 0xD800), range(0xE000, 0xFFFE), range(0x10000, 0x110000))
BLANK = "\t\n\r"


def safe_cell(text: str) -> str:
    """Keep a spreadsheet from reading text as a formula: an apostrophe goes before it."""
    return f"'{text}" if text.startswith(FORMULA) else text


def xml_text(text: str) -> str:
    """Leave out the characters that XML 1.0 has no way to write."""
    return "".join(it for it in text if it in BLANK or any(ord(it) in part for part in WRITABLE))
