"""Unified social credit codes (GB 32100) with right check digits, the inner GB 11714 one included."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from data_contracts.sandbox_city.columns import Codes

Letters = npt.NDArray[np.uint8]

ALPHABET = np.frombuffer(b"0123456789ABCDEFGHJKLMNPQRTUWXY", np.uint8)
OUTER_WEIGHTS = np.array([1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28])
INNER_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2])
INNER_CHECKS = np.frombuffer(b"0X987654321", np.uint8)  # (11 - sum mod 11) mod 11 read backwards
SERIALS = 31**6
STRIDE = 500_000_003  # prime, so serials i * STRIDE mod 31**6 are all different and look unordered


def credit_codes(regions: npt.NDArray[np.str_], register_kinds: Codes, rng: np.random.Generator) -> Letters:
    """One code per entity as a row of 18 ASCII bytes: authority 9, kind, region, organisation, check."""
    count = len(regions)
    codes = np.empty((count, 18), np.uint8)
    codes[:, 0] = ord("9")
    codes[:, 1] = ord("0") + register_kinds
    codes[:, 2:8] = regions.astype("S6").view(np.uint8).reshape(count, 6)
    codes[:, 8:10] = np.frombuffer(b"MA", np.uint8)
    codes[:, 10:16] = _serials(count, int(rng.integers(SERIALS)))
    codes[:, 16] = INNER_CHECKS[_inner_values(codes[:, 8:16]) @ INNER_WEIGHTS % 11]
    codes[:, 17] = ALPHABET[-(_outer_values(codes[:, :17]) @ OUTER_WEIGHTS) % 31]
    return codes


def code_strings(codes: Letters) -> pa.Array:
    """Rows of bytes as Arrow strings, without a Python object per row."""
    count, width = codes.shape
    offsets = np.arange(0, (count + 1) * width, width, dtype=np.int32)
    data = pa.py_buffer(np.ascontiguousarray(codes).tobytes())
    return pa.Array.from_buffers(pa.string(), count, [None, pa.py_buffer(offsets.tobytes()), data])


def _serials(count: int, start: int) -> Letters:
    numbers = (start + np.arange(count, dtype=np.int64) * STRIDE) % SERIALS
    places = numbers[:, None] // 31 ** np.arange(5, -1, -1) % 31
    return np.asarray(ALPHABET[places])


def _outer_values(letters: Letters) -> npt.NDArray[np.int64]:
    values = np.zeros(256, np.int64)
    values[ALPHABET] = np.arange(31)
    return values[letters]


def _inner_values(letters: Letters) -> npt.NDArray[np.int64]:
    digits = letters.astype(np.int64) - ord("0")
    return np.where(digits > 9, letters.astype(np.int64) - ord("A") + 10, digits)
