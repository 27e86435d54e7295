"""What counts as a person's number, and what does not."""

from __future__ import annotations

import hashlib
import hmac
import time
import uuid

import polars as pl
import pytest

from closedloop.intake.masking import identifies_person, mask, mask_column, mask_identifier, persons_in_column
from closedloop.intake.pseudonym import Pseudonymiser

PHONES = [
    "13800138000",
    "138-0013-8000",
    "138 0013 8000",
    "138.0013.8000",
    "１３８００１３８０００",
    "1 3 8 0 0 1 3 8 0 0 0",
    "+86 138 0013 8000",
    "0086-13800138000",
    "0571-88886666",
    "(0571) 8888 6666",
    "010-62345678",
    "02862345678",
    "138\u200b0013\u200b8000",
    "013800138000",
    "0138 0013 8000",
    "138/0013/8000",
    "138_0013_8000",
    "138，0013，8000",
    "138,0013,8000",
    "138*0013*8000",
]
IDENTITIES = [
    "110101199003071234",
    "11010119900307123X",
    "11010119900307123x",
    "１１０１０１１９９００３０７１２３４",
    "110101 19900307 1234",
    "110101-1990-0307-1234",
    "110101900307123",
]
HARMLESS = [
    "2025-04-25 08:30:00 至 2025-04-28 18:00:00",
    "2025-04-25 - 2025-04-28",
    "姜山路 12-3 号 1501 室",
    "JQ20250425000123",
    "30.2345678,120.1234567",
    "金额 12500.50 元",
    "S01-2025-000123",
    "2025/04/25,2025/04/28",
    "12,500.50,13,800.00",
    "120.1234567,30.2345678",
    "1,3,5,7,9",
]


@pytest.mark.parametrize("number", PHONES)
def test_every_way_of_writing_a_telephone_number_is_masked_in_text(number):
    assert mask(f"请联系报警人{number}，速办") in (
        "请联系报警人[电话]，速办",
        "请联系报警人+[电话]，速办",
        "请联系报警人([电话]，速办",
    )
    assert mask(number).strip("+(") == "[电话]"


@pytest.mark.parametrize("number", IDENTITIES)
def test_every_way_of_writing_an_identity_number_is_masked_in_text(number):
    assert mask(f"身份证{number}号") == "身份证[证件号]号"
    assert mask(number) == "[证件号]"


@pytest.mark.parametrize("text", HARMLESS)
def test_dates_addresses_and_case_numbers_are_left_alone(text):
    assert mask(text) == text
    assert not identifies_person(text)


def test_a_local_number_is_masked_after_a_word_that_says_telephone():
    assert mask("电话：8234 5678") == "电话：[电话]"
    assert mask("门牌 8234 5678") == "门牌 8234 5678"


def test_a_number_that_was_kept_as_a_fraction_is_masked():
    assert mask("找1.3912345678E+10，证3.30203199001011e+14") == "找[电话]，证[证件号]"
    assert mask("面积1.5E+10，12.345678901E+10") == "面积1.5E+10，12.345678901E+10"


def test_several_numbers_in_one_text_are_all_masked():
    assert mask("13800138000/13900139000 110101199003071234") == "[电话]/[电话] [证件号]"
    assert mask("2025-04-25 13800138000") == "2025-04-25 [电话]"


@pytest.mark.parametrize("number", [*PHONES[:3], *PHONES[4:9], *PHONES[10:12], *IDENTITIES])
def test_an_identifier_that_is_a_persons_number_is_recognised(number):
    assert identifies_person(number)
    assert identifies_person(f"JQ-{number}")
    assert "1380013" not in mask_identifier(number)
    column = pl.Series(["A1", None, number])
    assert persons_in_column(column).to_list() == [False, False, True]


def test_glued_numbers_and_numbers_in_words_are_masked_in_text():
    assert mask("联系1391234567813912345678速办") == "联系[证件号]速办"
    assert mask("打一三九一二三四五六七八找他") == "打[电话]找他"
    assert mask_column(pl.Series(["打一三九 一二三四 五六七八"])).to_list() == ["打[电话]"]


@pytest.mark.parametrize("cell", ["1 ", "1 3", "13 ", "0571-", "1", "一", "110101 "])
def test_a_huge_cell_is_masked_in_a_moment(cell):
    started = time.monotonic()
    mask(cell * (400_000 // len(cell)))
    assert time.monotonic() - started < 10


def test_hashes_and_uuids_are_never_taken_for_numbers():
    for n in range(3000):
        digest = hashlib.md5(str(n).encode()).hexdigest()
        assert not identifies_person(digest)
        assert not identifies_person(str(uuid.UUID(digest)))


def test_a_column_is_masked_like_each_of_its_values():
    texts = [*PHONES, *IDENTITIES, *HARMLESS, None, "", "电话 82345678"]
    column = pl.Series(texts * 3, dtype=pl.String)
    assert mask_column(column).to_list() == [t if t is None else mask(t) for t in texts] * 3


def test_a_pseudonym_is_the_standard_keyed_hash_and_is_hashed_only_once():
    key = b"a key of the warehouse"
    hashed = Pseudonymiser(key)("13800138000")
    assert hashed == "p1-" + hmac.new(key, b"13800138000", "sha256").hexdigest()[:32]
    assert Pseudonymiser(key)(hashed) == hashed
    assert Pseudonymiser(b"k" * 100)("x") == "p1-" + hmac.new(b"k" * 100, b"x", "sha256").hexdigest()[:32]
    assert Pseudonymiser(key).column(pl.Series(["13800138000", None])).to_list() == [hashed, None]
    assert not identifies_person(hashed)
    spellings = [
        "138 0013 8000",
        "１３８００１３８０００",
        "+86 138-0013-8000",
        "008613800138000",
        "138\u200b00138000",
    ]
    assert {Pseudonymiser(key)(spelling) for spelling in spellings} == {hashed}
    assert Pseudonymiser(key)("caller-7") != Pseudonymiser(key)("caller7")
