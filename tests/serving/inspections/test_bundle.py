"""A published bundle: checked by plain Python and by SQL, and no byte of it can be changed unseen."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from serving.inspections.plans.bundle import BundleRefused, canonical, verify_bundle
from serving.sampling import verifier
from serving.sampling.tickets import commitment_of

FILES = ("frame.csv", "plan.json", "draw.json")


def run_verifier(folder: Path) -> subprocess.CompletedProcess[str]:
    """As a stranger would: an isolated Python, nothing of ours on its path."""
    command = [sys.executable, "-I", "-S", str(folder / "verify.py"), str(folder)]
    return subprocess.run(command, check=False, capture_output=True, text=True, encoding="utf-8")


def rewritten(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Forges draw.json with a digest that fits again."""
    content = json.loads((folder / "draw.json").read_text("utf-8"))
    content.pop("content_digest")
    change(content)
    content["content_digest"] = hashlib.sha256(canonical(content)).hexdigest()
    (folder / "draw.json").write_bytes(canonical(content))


@pytest.fixture
def bundle(ceremony: Any) -> Path:
    folder: Path = ceremony.draw(ceremony.revealed(by_region=True)).bundle
    return folder


def test_a_bundle_holds_five_files(bundle: Path) -> None:
    assert sorted(file.name for file in bundle.iterdir()) == [
        "draw.json",
        "frame.csv",
        "plan.json",
        "verify.py",
        "verify.sql",
    ]


def test_plain_python_confirms_the_draw(bundle: Path) -> None:
    result = run_verifier(bundle)
    assert (result.returncode, result.stdout, result.stderr) == (0, "OK\n", "")


def by_sql(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What DuckDB tells, run in the folder as a stranger would."""
    monkeypatch.chdir(folder)
    with duckdb.connect() as database:
        return [told for (told,) in database.execute(Path("verify.sql").read_text("utf-8")).fetchall()]


def test_sql_confirms_the_draw(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert by_sql(bundle, monkeypatch) == ["OK"]


@pytest.mark.parametrize("name", FILES)
def test_sql_names_the_file_with_a_flipped_byte(
    bundle: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, chance = (bundle / name).read_bytes(), random.Random(9)
    for place in chance.sample(range(len(data)), 12):
        flipped = bytearray(data)
        flipped[place] ^= 1 << chance.randrange(8)
        (bundle / name).write_bytes(flipped)
        told = by_sql(bundle, monkeypatch)
        assert [sentence.split(":")[0] for sentence in told] == [name], f"byte {place}"


def test_sql_finds_a_swapped_entity_and_an_exchanged_secret(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewritten(bundle, lambda draw: draw["selected"][0].update(entity_id="企业-001"))
    assert any("企业-001 is selected and should not be" in told for told in by_sql(bundle, monkeypatch))
    rewritten(bundle, lambda draw: draw["reveals"][0].update(secret="00" * 32))
    assert any("do not open the commitments" in told for told in by_sql(bundle, monkeypatch))


@pytest.mark.parametrize("name", FILES)
def test_any_flipped_byte_is_found_and_its_file_is_named(bundle: Path, name: str) -> None:
    """Every byte of the plan, and 400 of each longer file."""
    contents = {file: (bundle / file).read_bytes() for file in FILES}
    size, chance = len(contents[name]), random.Random(7)
    for place in range(size) if size < 3000 else chance.sample(range(size), 400):
        flipped = bytearray(contents[name])
        flipped[place] ^= 1 << chance.randrange(8)
        found = verifier.differences(*({**contents, name: bytes(flipped)}[file] for file in FILES))
        assert [sentence.split(":")[0] for sentence in found] == [name], f"byte {place}"


def test_the_stand_alone_verifier_names_what_differs(bundle: Path) -> None:
    frame = bundle / "frame.csv"
    frame.write_bytes(frame.read_bytes() + b"x,A,A,yes,,1/1\n")
    result = run_verifier(bundle)
    assert (result.returncode, result.stdout) == (1, "frame.csv: is not the file that draw.json names\n")


def test_a_swapped_entity_is_found_even_if_the_digest_was_made_to_fit(bundle: Path) -> None:
    def swap(draw: dict[str, Any]) -> None:
        draw["selected"][0]["entity_id"] = "企业-001"

    rewritten(bundle, swap)
    assert any("企业-001 is selected and should not be" in text for text in verify_bundle(bundle).differences)


def test_an_entity_listed_twice_is_found(bundle: Path) -> None:
    rewritten(bundle, lambda draw: draw["selected"].append(draw["selected"][0]))
    assert any("are selected and not" in text for text in verify_bundle(bundle).differences)


def test_an_exchanged_secret_is_found(bundle: Path) -> None:
    rewritten(bundle, lambda draw: draw["reveals"][0].update(secret="00" * 32))
    assert verify_bundle(bundle).differences[0] == (
        "draw.json: the reveals do not open the commitments of two or more officials"
    )


def test_a_draw_by_a_single_official_is_found(bundle: Path) -> None:
    rewritten(bundle, lambda draw: (draw["reveals"].pop(), draw["commitments"].pop()))
    assert any("two or more officials" in text for text in verify_bundle(bundle).differences)


def test_a_draw_by_two_spellings_of_one_official_is_found(bundle: Path) -> None:
    def alias(draw: dict[str, Any]) -> None:
        names = ("Li Min", "li  min")
        plan_id, secrets = draw["plan_id"], [one["secret"] for one in draw["reveals"]]
        for place, (name, secret) in enumerate(zip(names, secrets, strict=True)):
            draw["reveals"][place]["official"] = draw["commitments"][place]["official"] = name
            draw["commitments"][place]["commitment"] = commitment_of(plan_id, name, secret)

    rewritten(bundle, alias)
    assert verify_bundle(bundle).differences[0] == (
        "draw.json: the reveals do not open the commitments of two or more officials"
    )


def test_forged_files_that_are_no_draw_are_named_too(bundle: Path) -> None:
    rewritten(bundle, lambda draw: draw.pop("reveals"))
    assert verify_bundle(bundle).differences == ("draw.json: cannot be followed (KeyError('reveals'))",)


def test_a_wholly_forged_bundle_is_found_by_the_digest_in_the_ledger(new_ceremony: Callable[[], Any]) -> None:
    """Frame, plan, secrets and draw of another city fit each other, but they are not what the ledger says."""
    true, forged = new_ceremony(), new_ceremony()
    drawn = true.draw(true.revealed())
    other = forged.draw(forged.revealed(region="110101")).bundle
    shutil.copytree(other, drawn.bundle, dirs_exist_ok=True)
    assert verify_bundle(drawn.bundle).ok
    (difference,) = verify_bundle(drawn.bundle, expected_digest=drawn.plan.draw_digest).differences
    assert difference.startswith("draw.json: is not the draw in the ledger")


def test_a_changed_verifier_is_found(bundle: Path) -> None:
    (bundle / "verify.py").write_text('print("OK")\n', "utf-8")
    assert verify_bundle(bundle).differences == (
        "verify.py: is not the verifier that this program publishes",
    )


def test_a_folder_that_is_no_bundle_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleRefused, match=r"a bundle with frame.csv, plan.json, draw.json and verify.py"):
        verify_bundle(tmp_path)
