"""The key of pseudonyms: as long as it is, told apart by a fingerprint, and never cut."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

import pytest

from data_contracts.pseudonym_key import KEY_FILE, OtherKey, fingerprint, fresh_key, kept_key, key_of_secret


@pytest.mark.parametrize("secret", ["x" * 32, "x" * 64, "x" * 65, "x" * 64 + "y", "信衡" * 16, "信衡" * 11])
def test_a_secret_of_any_length_is_the_key_of_hmac(secret: str) -> None:
    ours = hmac.new(key_of_secret(secret), b"a name", hashlib.sha256).digest()
    assert ours == hmac.new(secret.encode(), b"a name", hashlib.sha256).digest()
    assert len(key_of_secret(secret)) <= 64


def test_every_character_of_a_secret_counts() -> None:
    prints = {fingerprint(key_of_secret("x" * 64 + end)) for end in ("", "a", "b", "ab")}
    assert len(prints) == 4
    assert all(len(found) == 16 and int(found, 16) >= 0 for found in prints)


def test_a_fresh_key_is_kept_and_goes_if_the_block_fails(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), fresh_key(tmp_path / "city"):
        raise RuntimeError
    assert kept_key(tmp_path / "city") is None
    with fresh_key(tmp_path / "city") as made:
        pass
    assert kept_key(tmp_path / "city") == made
    assert len(made) == 32


@pytest.mark.parametrize("text", ["", "no key", "ab" * 31, "zz" * 32, "密" * 64])
def test_a_damaged_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / KEY_FILE).write_text(text, encoding="utf-8")
    with pytest.raises(OtherKey, match=r"64 hexadecimal digits in .*pseudonym.key; got .* put the file back"):
        kept_key(tmp_path)
