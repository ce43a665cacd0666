"""The key of pseudonyms: a person keeps one pseudonym only as long as a lake keeps its key.

The key itself lies in the environment or beside the lake; the lake knows a fingerprint that tells keys apart.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data_contracts.lake import LakeError, open_lake, read_card
from data_contracts.refusal import Refusal

KEY_FILE = "pseudonym.key"
BLOCK_BYTES = 64  # of SHA-256, as HMAC pads its key
_FIXED_TEXT = b"which key made the pseudonyms of this lake"


class OtherKey(Refusal):
    """Pseudonyms would be made with another key than those of the lake, or the key is no key."""


def key_of_secret(secret: str) -> bytes:
    """The key of HMAC: the bytes of the secret, hashed if they are more than a block (RFC 2104)."""
    key = secret.encode()
    return hashlib.sha256(key).digest() if len(key) > BLOCK_BYTES else key


def fingerprint(key: bytes) -> str:
    """Tells keys apart and nothing more."""
    return hmac.new(key, _FIXED_TEXT, hashlib.sha256).hexdigest()[:16]


def kept_key(folder: Path) -> bytes | None:
    """The key in the file of a city folder; None without a file, refused if the file is damaged."""
    path = folder / KEY_FILE
    if not path.is_file():
        return None
    text = path.read_text(encoding="ascii", errors="replace").strip()
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != BLOCK_BYTES // 2:
        raise OtherKey(
            expected=f"{BLOCK_BYTES} hexadecimal digits in {path}",
            got=f"{len(text)} characters that are none",
            todo="put the file back from a backup; with --new-key all pseudonyms change",
        )
    return key


@contextmanager
def fresh_key(folder: Path) -> Iterator[bytes]:
    """A random key in a file of its own, as long as the block succeeds; the file before it is kept aside."""
    path, aside = folder / KEY_FILE, folder / f"{KEY_FILE}.old"
    folder.mkdir(parents=True, exist_ok=True)
    replaced = path.is_file()
    if replaced:
        path.replace(aside)
    try:
        key = secrets.token_bytes(BLOCK_BYTES // 2)
        path.touch(mode=0o600)
        path.write_text(key.hex() + "\n", encoding="ascii")
        yield key
    except BaseException:
        path.unlink(missing_ok=True)
        if replaced:
            aside.replace(path)
        raise


def refuse_other_key(lake_root: Path, key: bytes | None) -> None:
    """Refuses a key, or none, if the pseudonyms of the lake were made with another one."""
    made_with = _fingerprint_of(lake_root)
    if made_with is None or (key is not None and fingerprint(key) == made_with):
        return
    raise OtherKey(
        expected=f"the key with which the pseudonyms in {lake_root} were made (fingerprint {made_with})",
        got="no key" if key is None else f"another one (fingerprint {fingerprint(key)})",
        todo=f"set XINHENG_PSEUDONYM_KEY to it, or put its file {KEY_FILE} back beside the lake; with "
        "--new-key all pseudonyms change, and nobody is found again under the one before",
    )


def _fingerprint_of(lake_root: Path) -> str | None:
    """That of the current lake; None without a lake, with a damaged one, or if it holds no pseudonyms."""
    if not (lake_root / "CURRENT").is_file():
        return None
    try:
        found = read_card(open_lake(lake_root).folder).get("key")
    except LakeError:
        return None
    return found if isinstance(found, str) else None
