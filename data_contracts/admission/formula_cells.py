"""Texts that a spreadsheet would run as a formula: who opens an export of ours must run nobody's commands.

After OWASP's "CSV injection", but no wider than harm reaches. Blanks before the sign (tab and carriage return
too) count as nothing, since import and our own trimming drop them. "=" begins a formula if anything to
calculate follows. "@", "+" and "-" begin one only if a word follows that begins with a letter of an alphabet,
"_" or a backslash: a formula acts through a function, a reference, a name or another program, and each is
such a word. So "-", "@", "-5.3", "-1.2e5", "+86 10 1234", "-1F", and a dash before Chinese text are texts.
"""

from __future__ import annotations

from data_contracts.conversions import quoted

# Signs have full-width forms, which spreadsheets in East Asian locales take for the plain ones.
_BLANK = r"[\s\x{00a0}\x{3000}\x{feff}]*"
_LETTER = r"[\p{Latin}\p{Cyrillic}\p{Greek}_\\]"
PATTERN = (
    rf"(?s)^{_BLANK}(?:[=\x{{ff1d}}].*[\p{{L}}\p{{N}}]"
    rf"|[@+\-\x{{ff20}}\x{{ff0b}}\x{{ff0d}}](?:|.*[^\p{{N}}\p{{Latin}}\p{{Cyrillic}}\p{{Greek}}_\\]){_LETTER})"
)
# What a formula may begin with: few texts do, and only these are held against the pattern.
_FIRST = ", ".join(str(ord(sign)) for sign in "=@+-\uff1d\uff20\uff0b\uff0d \t\n\v\f\r\u00a0\u3000\ufeff")


def formula_sql(text: str) -> str:
    """True for a text that a spreadsheet would run."""
    return (
        f"CASE WHEN ord({text}) IN ({_FIRST}) THEN regexp_matches({text}, {quoted(PATTERN)}) ELSE false END"
    )
