"""The compiled part: rows become bytes, bytes become bits, bits find tables, tables are added.

Nothing here knows a file, a lock or a thread; arrays come as laid out in layout.py and results go into arrays
that the caller made.
"""

from __future__ import annotations

import numpy as np
from numba import njit

# LightGBM takes |x| up to this for zero.
NEARLY_ZERO = float(np.float32(1e-35))
ABOVE_ALL = 255
ZERO_IS_MISSING, NAN_IS_MISSING = 1, 2
MOST_PARTS = 64
# Rows whose bits are kept near the processor while a tree adds its tables.
TILE = 1024
STRIPE = 64
READ_TILE = 128
# Fowler-Noll-Vo, 64 bits.
FNV_START, FNV_PRIME = 14695981039346656037, 1099511628211


@njit(cache=True, nogil=True)
def path_parts(met, count, value, share, points, weights, found, before):
    """Shapley values of one path into `found`: value·(hᵢ − rᵢ)·∫₀¹ ∏ⱼ≠ᵢ (hⱼt + rⱼ(1 − t)) dt.

    h is 1 where a row meets a part (`met`, bits) and r the part's share of training rows. The polynomial has
    degree count − 1, for which Gauss-Legendre with ⌈count / 2⌉ points is exact.
    """
    for i in range(count):
        found[i] = 0.0
    for q in range((count + 1) // 2):
        t, product = points[count, q], value * weights[count, q]
        for i in range(count):
            before[i] = product
            product *= ((met >> i) & 1) * t + share[i] * (1.0 - t)
        behind = 1.0
        for i in range(count - 1, -1, -1):
            h = (met >> i) & 1
            found[i] += (h - share[i]) * before[i] * behind
            behind *= h * t + share[i] * (1.0 - t)


@njit(cache=True, nogil=True)
def fill_tables(paths, sums, points, weights, tables):
    """What every subtree adds to each of its indicators, for every outcome of its bits."""
    found, before = np.empty(MOST_PARTS), np.empty(MOST_PARTS)
    for s in range(sums.bits.shape[0]):
        if not sums.tabled[s]:
            continue
        outcomes = 1 << sums.bits[s]
        met = np.empty(outcomes, np.int64)
        for p in range(paths.first[s], paths.first[s + 1]):
            a = paths.parts_first[p]
            count = paths.parts_first[p + 1] - a
            met[:] = 0
            for i in range(count):
                clear, wanted = paths.clear[a + i], paths.set_[a + i]
                for outcome in range(outcomes):
                    if (outcome & clear) == 0 and (outcome & wanted) == wanted:
                        met[outcome] |= 1 << i
            values = np.empty((1 << count, count))
            share = paths.share[a : a + count]
            for some in range(1 << count):
                path_parts(some, count, paths.value[p], share, points, weights, found, before)
                values[some] = found[:count]
            for i in range(count):
                at = sums.table[sums.features_first[s] + paths.own[a + i]]
                for outcome in range(outcomes):
                    tables[at + outcome] += values[met[outcome], i]


@njit(cache=True, nogil=True)
def place_of(x, thresholds, missing, missing_left):
    """The byte of a number: 1 + how many thresholds lie below it; 0 or 255 for a missing one."""
    absent = 0 if missing_left else ABOVE_ALL
    if x != x:
        if missing == NAN_IS_MISSING:
            return absent
        x = 0.0
    if missing == ZERO_IS_MISSING and abs(x) <= NEARLY_ZERO:
        return absent
    low, length = 0, thresholds.shape[0]
    while length > 0:
        half = length >> 1
        if thresholds[low + half] < x:
            low += half + 1
            length -= half + 1
        else:
            length = half
    return low + 1


@njit(cache=True, nogil=True)
def goes_right(x, words):
    """1 for a code that is not among those of the words."""
    if x == x and x > -1.0 and x < words.shape[0] * 32:
        code = np.int64(x)
        if (words[code >> 5] >> np.uint32(code & 31)) & np.uint32(1):
            return 0
    return 1


@njit(cache=True, nogil=True)
def read_column(values, v, columns, found):
    """The bytes of rows in one column: values (rows × indicators) into found (rows)."""
    feature = columns.feature[v]
    if v < columns.numbers:
        thresholds = columns.thresholds[columns.first[v] : columns.first[v + 1]]
        missing, left = columns.missing[v], columns.missing_left[v]
        for r in range(values.shape[0]):
            found[r] = place_of(values[r, feature], thresholds, missing, left)
    else:
        c = v - columns.numbers
        words = columns.words[columns.words_first[c] : columns.words_first[c + 1]]
        for r in range(values.shape[0]):
            found[r] = goes_right(values[r, feature], words)


@njit(cache=True, nogil=True)
def read_rows(values, columns, found):
    """The bytes of rows, a line for each column: values (rows × indicators) into found (columns × rows)."""
    # In tiles: the values of a few rows stay near the processor while all columns are read.
    for first in range(0, values.shape[0], READ_TILE):
        rows = values[first : first + READ_TILE]
        for v in range(columns.feature.shape[0]):
            read_column(rows, v, columns, found[v, first : first + READ_TILE])


@njit(cache=True, nogil=True)
def first_alike(read, alike):
    """For each row the first one with the same bytes (columns × rows), into `alike`; how many differ."""
    columns, rows = read.shape
    turned = read.T.copy()
    size = 16
    while size < 2 * rows:
        size *= 2
    slots = np.full(size, -1, np.int64)
    different = 0
    for r in range(rows):
        mixed = np.uint64(FNV_START)
        for v in range(columns):
            mixed = (mixed ^ np.uint64(turned[r, v])) * np.uint64(FNV_PRIME)
        slot = np.int64((mixed ^ (mixed >> np.uint64(29))) & np.uint64(size - 1))
        # Compared byte by byte: two rows of one hash are not taken for one.
        while slots[slot] >= 0 and not np.array_equal(turned[slots[slot]], turned[r]):
            slot = (slot + 1) & (size - 1)
        if slots[slot] < 0:
            slots[slot] = r
            different += 1
        alike[r] = slots[slot]
    return different


@njit(cache=True, nogil=True, error_model="numpy")
def set_bits(bits, read, place, bit, inverted):
    """Sets a bit in the rows whose byte is above a place, or in the others."""
    nothing = np.uint16(0)
    if inverted:
        for r in range(bits.shape[0]):
            bits[r] = np.uint16(bits[r] | (bit if read[r] <= place else nothing))
    else:
        for r in range(bits.shape[0]):
            bits[r] = np.uint16(bits[r] | (bit if read[r] > place else nothing))


@njit(cache=True, nogil=True, error_model="numpy")
def add_one(total, table, bits):
    """Adds what one table has for the bits of each row."""
    for r in range(total.shape[0]):
        total[r] += table[bits[r]]


@njit(cache=True, nogil=True, error_model="numpy")
def add_four(total, a, b, c, d, i, j, k, m):
    """The same of four tables at once: the sum is read and written once."""
    for r in range(total.shape[0]):
        total[r] += (a[i[r]] + b[j[r]]) + (c[k[r]] + d[m[r]])


@njit(cache=True, nogil=True, error_model="numpy")
def add_run(run, sums, tables, bits, total):
    """Adds the tables of one indicator in one tree."""
    at, end = sums.entries_first[run], sums.entries_first[run + 1]
    while at + 4 <= end:
        o, n, s = sums.offset, sums.size, sums.subtree
        add_four(
            total,
            tables[o[at] : o[at] + n[at]],
            tables[o[at + 1] : o[at + 1] + n[at + 1]],
            tables[o[at + 2] : o[at + 2] + n[at + 2]],
            tables[o[at + 3] : o[at + 3] + n[at + 3]],
            bits[s[at]],
            bits[s[at + 1]],
            bits[s[at + 2]],
            bits[s[at + 3]],
        )
        at += 4
    while at < end:
        offset = sums.offset[at]
        add_one(total, tables[offset : offset + sums.size[at]], bits[sums.subtree[at]])
        at += 1


@njit(cache=True, nogil=True, error_model="numpy")
def bits_of(s, read, row, comparisons):
    """The outcomes of a subtree's comparisons for one row."""
    bits = np.int64(0)
    for c in range(comparisons.first[s], comparisons.first[s + 1]):
        above = read[comparisons.column[c], row] > comparisons.place[c]
        bits |= np.int64(above != comparisons.inverted[c]) << comparisons.bit[c]
    return bits


@njit(cache=True, nogil=True, error_model="numpy")
def add_leaf(s, left_path, layout, points, weights, parts, before, total):
    """A leaf below too many indicators for a table: the formula for one row, whose bits say where it leaves.

    `parts` and `before` are room to work in; `total` has a place for every indicator.
    """
    paths, sums = layout.paths, layout.sums
    p = paths.first[s]
    a = paths.parts_first[p]
    count = paths.parts_first[p + 1] - a
    met = ((np.int64(1) << count) - 1) & ~left_path
    path_parts(met, count, paths.value[p], paths.share[a : a + count], points, weights, parts, before)
    for i in range(count):
        total[sums.features[sums.features_first[s] + i]] += parts[i]


@njit(cache=True, nogil=True, error_model="numpy")
def add_tile(tree, read, first, layout, points, weights, tables, bits, totals):
    """Adds one tree to the totals (indicators × rows) of one tile, whose bytes begin at `first`."""
    comparisons, sums = layout.comparisons, layout.sums
    parts, before = np.empty(MOST_PARTS), np.empty(MOST_PARTS)
    rows = totals.shape[1]
    begin = sums.trees_first[tree]
    for s in range(begin, sums.trees_first[tree + 1]):
        if not sums.tabled[s]:
            for r in range(rows):
                left_path = bits_of(s, read, first + r, comparisons)
                add_leaf(s, left_path, layout, points, weights, parts, before, totals[:, r])
            continue
        own = bits[s - begin, :rows]
        own[:] = 0
        for c in range(comparisons.first[s], comparisons.first[s + 1]):
            some = read[comparisons.column[c], first : first + rows]
            bit = np.uint16(1 << comparisons.bit[c])
            set_bits(own, some, comparisons.place[c], bit, comparisons.inverted[c])
    for run in range(sums.runs_first[tree], sums.runs_first[tree + 1]):
        add_run(run, sums, tables, bits[:, :rows], totals[sums.run_feature[run]])


@njit(cache=True, nogil=True, error_model="numpy")
def add_trees(read, layout, points, weights, tables, found):
    """The contributions of rows from their bytes (columns × rows) into found (rows × indicators)."""
    rows = read.shape[1]
    bits = np.empty((layout.sums.most_subtrees, TILE), np.uint16)
    totals = np.zeros((found.shape[1], rows))
    for tree in range(layout.sums.trees_first.shape[0] - 1):
        for first in range(0, rows, TILE):
            tile = totals[:, first : min(first + TILE, rows)]
            add_tile(tree, read, first, layout, points, weights, tables, bits, tile)
    # Turned in stripes: a whole column at a time would touch a new line of memory for each value.
    for first in range(0, rows, STRIPE):
        for feature in range(found.shape[1]):
            for r in range(first, min(first + STRIPE, rows)):
                found[r, feature] = totals[feature, r]


@njit(cache=True, nogil=True, error_model="numpy")
def add_row(read, layout, points, weights, tables, found):
    """The contributions of one row from its bytes (columns × 1) into found (indicators)."""
    sums = layout.sums
    parts, before = np.empty(MOST_PARTS), np.empty(MOST_PARTS)
    for s in range(sums.bits.shape[0]):
        bits = bits_of(s, read, 0, layout.comparisons)
        if not sums.tabled[s]:
            add_leaf(s, bits, layout, points, weights, parts, before, found)
            continue
        for f in range(sums.features_first[s], sums.features_first[s + 1]):
            found[sums.features[f]] += tables[sums.table[f] + bits]
