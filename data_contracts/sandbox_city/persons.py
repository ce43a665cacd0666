"""Invented people and addresses: a number for each, and the name and token that an office writes for it.

Identity tokens look like identity numbers of districts that do not exist, so they are nobody's.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data_contracts.sandbox_city import places
from data_contracts.sandbox_city.columns import Codes, Ints, Longs
from data_contracts.sandbox_city.credit_codes import code_strings
from data_contracts.sandbox_city.names import words

# People of an entity have the number ROLE * entities + entity; a circle's holder takes the circle's number.
HOLDER, FIRST_HEAD, SECOND_HEAD, PARTNER, OFFICER, DIRECTOR, OPERATOR, PHARMACIST = range(8)

FAMILY_NAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗郑梁谢宋唐许韩邓冯曹彭"
GIVEN_NAMES = "伟芳娜敏静强磊军洋勇艳杰涛明超秀霞平刚桂兰红玉华建国志文丽婷雪梅峰斌波辉宇晨浩琳"
STREETS = np.array(
    [
        "人民路", "解放路", "中山路", "建设路", "新华街", "和平路", "文化路", "滨江大道", "学府路", "朝阳街",
        "光明路", "幸福路", "工业路", "科技路", "迎宾大道", "站前路", "环城路", "长江路", "黄河路", "青年路",
    ]
)  # fmt: skip
HOUSES = 400
ADDRESSES = len(STREETS) * HOUSES  # of one building number in a district

BIRTH_DAYS = np.arange(np.datetime64("1950-01-01"), np.datetime64("2001-01-01"))
SERIALS = 999
TOKENS = 16 * len(BIRTH_DAYS) * SERIALS
STRIDE = 100_000_007  # prime, so different people have different tokens and neighbours unlike ones
CHECK_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])  # GB 11643
CHECKS = np.frombuffer(b"10X98765432", np.uint8)


def person_numbers(role: int, entity: Ints, entities: int) -> Ints:
    """The number of the person who plays a role in each of the entities."""
    return (role * entities + entity).astype(np.int32)


def identity_tokens(people: Ints) -> pa.Array:
    """One token of 18 characters per person: district, day of birth, serial, check."""
    if len(people) and int(people.max()) >= TOKENS:
        raise ValueError(f"{TOKENS} people have tokens, got person {int(people.max())}")
    mixed = _mixed(people)
    letters = np.empty((len(people), 18), np.uint8)
    letters[:, :6] = _letters(places.DISTRICT_CODES)[mixed % 16]
    births = _letters(np.char.replace(BIRTH_DAYS.astype(str), "-", ""))
    letters[:, 6:14] = births[mixed // 16 % len(BIRTH_DAYS)]
    serials = _letters(np.array([f"{number:03d}" for number in range(1, SERIALS + 1)]))
    letters[:, 14:17] = serials[mixed // (16 * len(BIRTH_DAYS))]
    total = np.zeros(len(people), np.int32)
    for place, weight in enumerate(CHECK_WEIGHTS):
        total += (letters[:, place].astype(np.int32) - ord("0")) * np.int32(weight)
    letters[:, 17] = CHECKS[total % 11]
    return code_strings(letters)


def person_names(people: Ints) -> pa.Array:
    """Family name and one or two characters; different people may have the same name."""
    mixed = _mixed(people) // 7
    families, given = len(FAMILY_NAMES), len(GIVEN_NAMES)
    second = mixed // (families * given) % (given + 6)
    return pc.binary_join_element_wise(
        words(np.array(list(FAMILY_NAMES)), mixed % families),
        words(np.array(list(GIVEN_NAMES)), mixed // families % given),
        words(np.array([*GIVEN_NAMES, *[""] * 6]), second),
        "",
    )


def address_texts(district: Codes, numbers: Longs | Ints) -> pa.Array:
    """City, district, street, house and building; different numbers of a district are different addresses."""
    house = numbers // len(STREETS) % HOUSES
    building = numbers // ADDRESSES
    return pc.binary_join_element_wise(
        words(np.array([f"信宁市{name}区" for name in places.DISTRICT_NAMES]), district),
        words(STREETS, numbers % len(STREETS)),
        words(np.array([f"{number + 1}号" for number in range(HOUSES)]), house),
        pc.cast(pa.array(building + 1), pa.string()),
        "幢",
        "",
    )


def _mixed(people: Ints) -> Longs:
    return (people.astype(np.int64) + 1) * STRIDE % TOKENS


def _letters(texts: npt.NDArray[np.str_]) -> npt.NDArray[np.uint8]:
    return texts.astype(bytes).view(np.uint8).reshape(len(texts), -1)
