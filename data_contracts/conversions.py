"""SQL text that turns foreign text into contract types: dates, fen, numbers, codes, pseudonyms, identifiers.

Macros, not Python functions: a table of fifty million rows passes without leaving the engine.
Money goes through decimals only, never through floating numbers.

A unit that stands in the cell decides: 500万元 and 3.5亿 are what they say under any unit of the mapping.
1000元 or ¥500 under another unit than yuan contradict it and give nothing: either may be wrong.

A moment with a time zone (…Z, …+08:00, TIMESTAMPTZ) falls on the day that it was in the city, whose zone the
session keeps. "2024-01-01 10:00-12:00", with neither T nor seconds, is a span of hours: its day stays.
"""

from __future__ import annotations

from collections.abc import Mapping

from data_contracts.identifiers import (
    ALPHABET,
    AS_NUMBER,
    CUT,
    INNER_ALPHABET,
    INNER_CHECKS,
    INNER_WEIGHTS,
    POSSIBLE,
    SHAPE,
    WEIGHTS,
)
from data_contracts.reading_words import (
    BLANK,
    DAY,
    FULL_WIDTH,
    HALF_WIDTH,
    HUNDRED_MILLION,
    MONTH,
    NO,
    NOTHING,
    NOTHING_BUT_A_WORD,
    TEN_THOUSAND,
    YEAR,
    YES,
    YUAN,
    YUAN_SIGNS,
)

# Blanks that exports leave around values: tab, line ends, no-break space, byte-order mark, ideographic space.
_BLANKS = "' ' || chr(9) || chr(10) || chr(13) || chr(160) || chr(65279) || chr(12288)"
_CLOCK = r"(?:[T ]+\d{1,2}:\d{1,2}(?::\d{1,2}(?:[.]\d+)?)?(?: ?(?:Z|[+-]\d{2}:?(?:\d{2})?))?)?"
# A way to write a day, and year, month and day in it. A text that fits one of several leaves the
# groups of the others empty, so they are asked at once.
_DAYS = (
    rf"^(?:(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}}){_CLOCK}"
    rf"|(\d{{4}}) ?{YEAR} ?(\d{{1,2}}) ?{MONTH} ?(\d{{1,2}}) ?{DAY}?{_CLOCK}"
    r"|(\d{4})(\d{2})(\d{2}))$",
    r"\1\4\7-\2\5\8-\3\6\9",
)
_LOCAL_DAY = rf"^(\d{{1,2}})[-/.](\d{{1,2}})[-/.](\d{{4}}){_CLOCK}$"
_LOCAL_DAYS = {True: (_LOCAL_DAY, r"\3-\2-\1"), False: (_LOCAL_DAY, r"\3-\1-\2")}
_OFFSET = r"(?:Z|[+-](?:0\d|1[0-4]):?(?:[0-5]\d)?)"
# A minus only after T or seconds: 10:00-12:00 is a span.
_ZONED = (
    r":\d{1,2}(?:[.]\d+)? ?(?:Z|[+]\d{2}:?(?:\d{2})?)$"
    r"|(?:T\d{1,2}:\d{1,2}|:\d{1,2}:\d{1,2}(?:[.]\d+)?) ?-\d{2}:?(?:\d{2})?$"
)
_NUMBER = "[+-]?[0-9]{1,24}(?:[.][0-9]+)?(?:[eE][+-]?[0-9]{1,2})?"
_AMOUNT = f"^{_NUMBER}$"
_LARGE = f"^[{YUAN_SIGNS}]?({_NUMBER})([{TEN_THOUSAND}{HUNDRED_MILLION}]){YUAN}?$"
_YUAN = f"^(?:[{YUAN_SIGNS}]({_NUMBER}){YUAN}?|({_NUMBER}){YUAN})$"
FEN_PER = {"yuan": 100, "wan_yuan": 1_000_000, "fen": 1}
_DAY_NUMBER = "TRY_CAST(split_part(cleaned, '.', 1) AS INTEGER)"
# Serial 20000 is 3 October 1954 and 80000 is 11 January 2119: outside, five digits are some other number.
_SERIAL = (
    "CASE WHEN regexp_matches(cleaned, '^[0-9]{5}([.][0-9]+)?$') "
    f"AND {_DAY_NUMBER} BETWEEN 20000 AND 80000 THEN DATE '1899-12-30' + {_DAY_NUMBER} END"
)


def quoted(text: str) -> str:
    """A SQL text literal."""
    return "'" + text.replace("'", "''") + "'"


def named(name: str) -> str:
    """A SQL column name."""
    return '"' + name.replace('"', '""') + '"'


def date_sql(expression: str, *, day_first: bool | None) -> str:
    """A date from ISO, y/m/d, 年月日, yyyymmdd, an Excel serial and, if declared, d/m/y or m/d/y."""
    if day_first is None:
        return f"as_date({expression})"
    return f"coalesce(as_date({expression}), as_date_{'day' if day_first else 'month'}_first({expression}))"


def fen_sql(expression: str, unit: str) -> str:
    """Whole fen from an amount in the unit, or in the one that the cell states; half away from zero."""
    return f"as_fen({expression}, {FEN_PER[unit]})"


def code_sql(expression: str, codes: Mapping[str, str], default: str | None) -> str:
    """Our code for a foreign one; the entry "" of the code table stands for a blank."""
    fallback = (
        "NULL"
        if default is None
        else f"CASE WHEN is_blank({expression}) THEN NULL ELSE {quoted(default)} END"
    )
    return f"coalesce({_map(codes)}[coalesce(as_text({expression}), '')], {fallback})"


def codes_sql(expression: str, codes: Mapping[str, str] | None, split: str, default: str | None) -> str:
    """Several codes as one text joined by ";" in alphabetical order; null if any of them is unknown."""
    parts = (
        f"list_filter(list_transform(string_split_regex(coalesce(as_text({expression}), ''), "
        f"{quoted(split)}), "
        "lambda part: trim(part)), lambda part: part <> '')"
    )
    if codes is None:
        return f"nullif(joined_codes({parts}, NULL), '')"
    fallback = "NULL" if default is None else quoted(default)
    ours = f"list_transform({parts}, lambda part: coalesce({_map(codes)}[part], {fallback}))"
    blank = quoted(codes[""]) if "" in codes else "NULL"
    return f"joined_codes({ours}, {blank})"


def pseudonym_sql(expression: str) -> str:
    """HMAC-SHA256 under the city's key, which stands in session variables so that no error can print it."""
    inner = f"unhex(sha256(getvariable('pseudonym_inner') || encode(as_text({expression}))))"
    return f"'P' || left(sha256(getvariable('pseudonym_outer') || {inner}), 24)"


def plain_sql(expression: str, kind: str) -> str:
    """The contract type from a plain expression."""
    return {
        "string": f"as_text({expression})",
        "integer": f"as_integer({expression})",
        "number": f"as_number({expression})",
        "boolean": f"as_boolean({expression})",
        "date": f"as_date({expression})",
    }[kind]


def literal_sql(value: object, sql_type: str) -> str:
    """A literal of the mapping file, cast to the contract type."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"CAST({quoted(text)} AS {sql_type})"


def pseudonym_variables(key: bytes) -> tuple[bytes, bytes]:
    """The two padded keys of HMAC (RFC 2104), inner and outer; `key` has at most 64 bytes."""
    padded = key.ljust(64, b"\0")
    return bytes(byte ^ 0x36 for byte in padded), bytes(byte ^ 0x5C for byte in padded)


def macros() -> tuple[str, ...]:
    """Every CREATE MACRO that the expressions above and the mapping files may use."""
    bodies = {**_reading_macros(), **_money_macros(), **_identifier_macros()}
    return tuple(f"CREATE OR REPLACE TEMP MACRO {head} AS ({body})" for head, body in bodies.items())


def _reading_macros() -> dict[str, str]:
    """Texts, dates, yes and no, numbers."""
    nothing, unsaid, yes, no = (
        ", ".join(quoted(word) for word in words)
        for words in (NOTHING, (*NOTHING, *NOTHING_BUT_A_WORD), YES, NO)
    )
    return {
        # translate() builds its table anew for every row: only the few texts that need it pay for that.
        "half_width(t)": f"CASE WHEN regexp_matches(CAST(t AS VARCHAR), {quoted(f'[{FULL_WIDTH}]')}) "
        f"THEN translate(CAST(t AS VARCHAR), {quoted(FULL_WIDTH)}, {quoted(HALF_WIDTH)}) "
        "ELSE CAST(t AS VARCHAR) END",
        "as_text(t)": f"nullif(trim(CAST(t AS VARCHAR), {_BLANKS}), '')",
        "cleaned(t)": f"trim(half_width(t), {_BLANKS})",
        "is_blank(t)": f"t IS NULL OR lower(cleaned(t)) IN ({nothing})",
        "is_unsaid(t)": f"t IS NULL OR lower(cleaned(t)) IN ({unsaid})",
        # Nothing and plain forms are seen first: the other styles only meet what is left.
        "is_plain_date(t)": "regexp_full_match(CAST(t AS VARCHAR), '(\\d{4}-\\d{2}-\\d{2})?')",
        "as_date(t)": "CASE WHEN t IS NULL OR is_plain_date(t) THEN TRY_CAST(t AS DATE) "
        f"ELSE {_of_cleaned(f'coalesce({_day(*_DAYS)}, {_SERIAL})')} END",
        **{
            f"as_date_{word}_first(t)": _of_cleaned(_day(*_LOCAL_DAYS[day_first]))
            for word, day_first in (("day", True), ("month", False))
        },
        "amount_text(t)": "replace(replace(cleaned(t), ',', ''), ' ', '')",
        "as_integer(t)": "CASE WHEN regexp_full_match(CAST(t AS VARCHAR), '-?[0-9]{1,18}') "
        "THEN TRY_CAST(t AS BIGINT) WHEN regexp_matches(amount_text(t), '^[+-]?[0-9]{1,18}([.]0+)?$') "
        "THEN TRY_CAST(split_part(amount_text(t), '.', 1) AS BIGINT) END",
        "as_number(t)": f"CASE WHEN regexp_matches(amount_text(t), '{_AMOUNT}') "
        "THEN TRY_CAST(amount_text(t) AS DOUBLE) END",
        "as_boolean(t)": f"CASE WHEN lower(cleaned(t)) IN ({yes}) THEN true "
        f"WHEN lower(cleaned(t)) IN ({no}) THEN false END",
        "joined_codes(parts, blank)": "CASE WHEN len(parts) = 0 THEN blank "
        "WHEN list_count(parts) < len(parts) THEN NULL "
        "ELSE array_to_string(list_sort(list_distinct(parts)), ';') END",
        # A stable id for rows that have none: equal rows get equal ids and so count as duplicates.
        "content_id(t)": "left(sha256(CAST(t AS VARCHAR)), 24)",
    }


def _money_macros() -> dict[str, str]:
    """Amounts to whole fen; factors are wide enough for every digit below one fen to count."""
    large = f"regexp_extract(amount_text(t), {quoted(_LARGE)}, ['number', 'unit'])"
    yuan = f"regexp_replace(amount_text(t), '[{YUAN_SIGNS}{YUAN}]', '', 'g')"
    return {
        "as_large_fen(t)": f"TRY_CAST(round(TRY_CAST({large}.number AS DECIMAL(27, 12)) * "
        f"CAST(CASE {large}.unit WHEN {quoted(TEN_THOUSAND)} THEN 1000000 "
        f"WHEN {quoted(HUNDRED_MILLION)} THEN 10000000000 END AS DECIMAL(11, 0)), 0) AS BIGINT)",
        "states_yuan(t)": f"regexp_matches(amount_text(t), {quoted(_YUAN)})",
        "as_fen(t, factor)": f"CASE WHEN regexp_matches(amount_text(t), '{_AMOUNT}') THEN "
        "TRY_CAST(round(TRY_CAST(amount_text(t) AS DECIMAL(28, 8)) * factor, 0) AS BIGINT) "
        f"WHEN states_yuan(t) THEN CASE WHEN factor = {FEN_PER['yuan']} THEN "
        f"TRY_CAST(round(TRY_CAST({yuan} AS DECIMAL(28, 8)) * factor, 0) AS BIGINT) END "
        "ELSE as_large_fen(t) END",
    }


def _identifier_macros() -> dict[str, str]:
    """Identifiers of entities, as identifiers.py has them; what is right already passes by the first test."""
    unsaid = ", ".join(quoted(word) for word in (*NOTHING, *NOTHING_BUT_A_WORD))
    words = f"lower(half_width(stripped(t))) IN ({unsaid})"
    return {
        "squeezed(t)": f"upper(half_width(regexp_replace(t, '[{BLANK}]', '', 'g')))",
        "stripped(t)": f"regexp_replace(t, '^[{BLANK}]+|[{BLANK}]+$', '', 'g')",
        "entity_code(t)": f"CASE WHEN regexp_full_match(t, '{POSSIBLE}') THEN t "
        # Plain text without blanks can only differ in case: local ids of a whole city pass here.
        f"WHEN regexp_full_match(t, '[!-~]+') AND NOT regexp_full_match(t, '(?i){POSSIBLE}|{AS_NUMBER}') "
        f"THEN CASE WHEN lower(t) NOT IN ({unsaid}) THEN t END "
        f"WHEN regexp_full_match(squeezed(t), '{POSSIBLE}|{AS_NUMBER}') THEN squeezed(t) "
        f"WHEN NOT {words} THEN stripped(t) END",
        "is_uscc(t)": _is_uscc(),
        "has_inner_check(t)": _has_inner_check(),
        "is_registration_15(t)": _is_registration_15(),
        "is_damaged_number(t)": f"CASE WHEN regexp_full_match(t, '{CUT}|{AS_NUMBER}') THEN "
        f"NOT (regexp_full_match(t, '{CUT}') AND is_uscc(t)) ELSE false END",
        # The list of one makes the code once, and not for every place of it that is looked at.
        "valid_uscc(t)": "list_transform([entity_code(CAST(t AS VARCHAR))], "
        "lambda code: CASE WHEN is_uscc(code) THEN code END)[1]",
        "id_kind(t)": "list_transform([entity_code(CAST(t AS VARCHAR))], lambda code: "
        "CASE WHEN is_damaged_number(code) THEN 'damaged_number' WHEN is_uscc(code) THEN 'uscc' "
        "WHEN is_registration_15(code) THEN 'registration_15' ELSE 'local' END)[1]",
    }


def _map(codes: Mapping[str, str]) -> str:
    return (
        "MAP {" + ", ".join(f"{quoted(key)}: {quoted(value)}" for key, value in sorted(codes.items())) + "}"
    )


def _of_cleaned(day: str) -> str:
    """The day that `day` makes of the text once it is cleaned, in the city's zone if a zone stands in it.

    The list of one cleans the text once: a macro spells it out at every mention, and planning pays for each.
    """
    clock = r"regexp_extract(cleaned, '\d{1,2}:\d{1,2}')"
    zone = rf"nullif(regexp_extract(cleaned, '{_OFFSET}$'), '')"
    moment = f"TRY_CAST(CAST({day} AS VARCHAR) || ' ' || {clock} || ':00' || {zone} AS TIMESTAMPTZ)"
    return (
        "list_transform([cleaned(t)], lambda cleaned: "
        f"CASE WHEN regexp_matches(cleaned, '{_ZONED}') THEN CAST({moment} AS DATE) ELSE {day} END)[1]"
    )


def _day(pattern: str, iso: str) -> str:
    written = f"regexp_replace(cleaned, {quoted(pattern)}, {quoted(iso)})"
    return f"CASE WHEN regexp_matches(cleaned, {quoted(pattern)}) THEN TRY_CAST({written} AS DATE) END"


def _is_uscc() -> str:
    terms = [
        f"(strpos('{ALPHABET}', substr(t, {place}, 1)) - 1) * {weight}"
        for place, weight in enumerate((*WEIGHTS, 1), start=1)
    ]
    return f"regexp_full_match(t, '{SHAPE.pattern}') AND ({' + '.join(terms)}) % 31 = 0"


def _has_inner_check() -> str:
    terms = [
        f"(strpos('{INNER_ALPHABET}', substr(t, {place}, 1)) - 1) * {weight}"
        for place, weight in enumerate(INNER_WEIGHTS, start=9)
    ]
    check = f"substr('{INNER_CHECKS}', 1 + ({' + '.join(terms)}) % 11, 1)"
    return f"regexp_full_match(t, '{SHAPE.pattern}') AND substr(t, 17, 1) = {check}"


def _is_registration_15() -> str:
    step = "(CASE WHEN (p + d) % 10 = 0 THEN 10 ELSE (p + d) % 10 END * 2) % 11"
    digits = "list_transform(string_split(left(t, 14), ''), lambda digit: TRY_CAST(digit AS INTEGER))"
    return (
        "regexp_full_match(t, '[0-9]{15}') AND "
        f"(list_reduce({digits}, lambda p, d: {step}, 10) + TRY_CAST(right(t, 1) AS INTEGER)) % 10 = 1"
    )
