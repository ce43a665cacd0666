"""Invented names of entities, words of lists by their numbers, and the numbers that offices give to rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data_contracts.sandbox_city import places
from data_contracts.sandbox_city.columns import Codes, Ints
from data_contracts.sandbox_city.versions import EntityVersions


def entity_names(versions: EntityVersions, form: Codes) -> pa.Array:
    """One name per version; a name follows the district and the trade of its version."""
    return names(versions.brand, versions.district, versions.industry, form[versions.entity])


def names(brand: Ints, district: Codes, industry: Codes, form: Codes) -> pa.Array:
    """The names that brands have in a district, a trade and a legal form."""
    heads, tails = len(places.BRAND_HEADS), len(places.BRAND_TAILS)
    parts = (
        words(np.array(places.DISTRICT_NAMES), district),
        words(np.array(list(places.BRAND_HEADS)), brand % heads),
        words(np.array(list(places.BRAND_TAILS)), brand // heads % tails),
        words(np.array(list(places.BRAND_TAILS)), brand // heads // tails),
        words(np.array(places.INDUSTRY_WORDS), industry),
        words(places.FORM_SUFFIXES, form),
    )
    return pc.binary_join_element_wise(*parts, "")


def words(listed: npt.NDArray[np.str_], numbers: npt.NDArray[Any]) -> pa.Array:
    """The words at the numbers of a list, as Arrow strings."""
    return pa.array(listed.tolist(), pa.string()).take(pa.array(numbers))


def numbered(prefix: str, numbers: npt.NDArray[Any]) -> pa.Array:
    """Identifiers as an office gives them: a prefix and nine digits."""
    digits = pc.utf8_lpad(pc.cast(pa.array(numbers), pa.string()), 9, "0")
    return pc.binary_join_element_wise(prefix, digits, "")
