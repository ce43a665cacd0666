"""The commands promote, grade and run, as typed."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from models.__main__ import app as models
from serving.__main__ import app as serving
from serving.ledger.database import open_ledger
from serving.ledger.deployments import promote
from serving.ledger.registers import record_register
from serving.web.opening import Place, open_desk
from tests import typed as in_process
from tests.candidates import candidate

pytestmark = pytest.mark.slow


def environment(city: Any) -> dict[str, str]:
    settings = {
        "XINHENG_HOME": str(city.home),
        "XINHENG_RELEASES": str(city.releases),
        "XINHENG_CITY": "sandbox",
    }
    return {**os.environ, **settings, "COLUMNS": "200"}


def typed(
    city: Any, *words: str, package: str = "serving", apart: bool = False, **settings: str
) -> subprocess.CompletedProcess[str]:
    """A command and its end; `apart`: in a process of its own, as a person starts it, once for each."""
    settings = environment(city) | settings
    if not apart:
        return in_process.typed({"serving": serving, "models": models}[package], *words, settings=settings)
    return subprocess.run(
        [sys.executable, "-m", package, *words], env=settings, capture_output=True,
        text=True, check=False, timeout=120,
    )  # fmt: skip


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    """The one message of a refused command."""
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    return " ".join(done.stderr.split())


def test_who_trained_a_release_cannot_promote_it(city: Any) -> None:
    done = typed(city, "promote", "latest", "--by", "Han", "--reason", "mine")
    assert "a second person beside 'han', who trained the release; got 'Han'" in refusal(done)


def test_an_unknown_release_is_not_promoted(city: Any) -> None:
    done = typed(city, "promote", "sandbox-20990101-00000000", "--by", "li", "--reason", "r")
    assert "got 'sandbox-20990101-00000000'" in refusal(done)


def test_promoting_the_live_release_again_changes_nothing(city: Any) -> None:
    done = typed(city, "promote", "latest", "--by", "wang", "--reason", "again", apart=True)
    assert done.returncode == 0, done.stderr
    assert f"Live in sandbox: {city.release.release_id} since 2026-07-01 09:00 UTC by li" in done.stdout


def test_grading_again_reuses_the_register_and_shows_the_true_rates(city: Any) -> None:
    before = city.register.path.stat().st_mtime_ns
    done = typed(city, "grade", "--as-of", "2026-06-30", "--by", "li", apart=True)
    assert done.returncode == 0, done.stderr
    assert city.register.path.stat().st_mtime_ns == before
    assert "56.1%" in done.stdout


def test_another_day_of_use_is_another_register_and_the_first_stays(city: Any, tmp_path: Path) -> None:
    settings = {"XINHENG_LEDGER_URL": f"sqlite:///{shutil.copy(city.ledger_url[10:], tmp_path)}"}
    day = ("--as-of", "2026-06-30", "--by", "li")
    later = typed(city, "grade", *day, "--used-on", "2026-08-01", **settings)
    assert later.returncode == 0, later.stderr
    assert str(city.register.folder) not in later.stdout.replace("\n", "")
    again = typed(city, "grade", *day, **settings)
    assert str(city.register.folder) in again.stdout.replace("\n", "")
    assert "Served is another one" in again.stdout, "the later day of use honours more repairs"


def test_after_a_rollback_grade_and_run_just_work(city: Any, tmp_path: Path) -> None:
    url = f"sqlite:///{shutil.copy(city.ledger_url[10:], tmp_path)}"
    ledger, now = open_ledger(url), datetime.now(UTC)
    promote(ledger, candidate("newer"), by="li", reason="gates", now=now)
    record_register(
        ledger, city="sandbox", as_of=city.register.as_of, release_id="newer", digest="d", folder="nowhere",
        counts={}, by="li", now=now,
    )  # fmt: skip
    ledger.close()
    for words in (["rollback", "--reason", "back"], ["grade", "--as-of", "2026-06-30"]):
        done = typed(city, *words, "--by", "li", XINHENG_LEDGER_URL=url)
        assert done.returncode == 0, done.stderr
    assert "Served is another one" not in done.stdout
    desk = open_desk(
        Place(
            city="sandbox", ledger_address=url, releases_folder=city.releases / "sandbox",
            lake_folder=city.home / "sandbox" / "lake", plans_folder=tmp_path,
        ),
        now=lambda: datetime.now(UTC),
    )  # fmt: skip
    assert desk.register.digest == city.register.digest
    desk.ledger.close()


def test_explain_tells_the_decision_of_the_register(city: Any) -> None:
    entry = city.register.find(city.register.page(limit=1).lines[0].entity_id)
    words = ("explain", entry.entity_id, "--as-of", "2026-06-30", "--json")
    done = typed(city, *words, package="models", apart=True)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["score"], told["snapshot_digest"]) == (entry.decision.score, city.snapshot.digest)
    lake = city.lake.digest[:8]
    assert (
        typed(city, *words, "--used-on", "2026-06-30", "--lake", lake, package="models").stdout == done.stdout
    )
    unknown = typed(city, *words, "--used-on", "2027-01-01", package="models")
    assert "used on 2026-06-30, lake" in refusal(unknown)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--as-of", "30/06/2026", "--by", "li"], "a date as YYYY-MM-DD; got '30/06/2026'"),
        (["--as-of", "2026-06-30", "--used-on", "2020-01-01", "--by", "li"], "used on 2020-01-01"),
        (["--as-of", "2026-06-30"], "the name of who does this; got none"),
        (["--as-of", "2026-06-30", "--by", "li", "--city", "nowhere"], "nowhere"),
    ],
)
def test_a_wrong_wish_to_grade_is_refused(city: Any, words: list[str], told: str) -> None:
    assert told in refusal(typed(city, "grade", *words))


def test_a_city_that_is_not_graded_is_not_served(city: Any, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "serving", "run"], env=environment(city) | {"XINHENG_HOME": str(tmp_path)},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert "python -m serving migrate" in refusal(done)


def test_run_tells_where_and_ctrl_c_ends_everything(city: Any, tmp_path: Path) -> None:
    output = tmp_path / "output.txt"
    with output.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "serving", "run", "--port", "18400", "--token", str(tmp_path / "token")],
            env=environment(city), stdout=file, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    try:
        told = await_words(output, process)
        address = re.search(r"http://127\.0\.0\.1:(\d+)/entities/(\S+)", told)
        assert address is not None
        assert "64.9%" in told or "true hit rate" in told
        token = (tmp_path / "token").read_text().strip()
        assert token in told
        witness = (tmp_path / "token-witness").read_text().strip()
        assert f"second official of a draw  {witness}" in told
        for file, known in (("token", token), ("token-witness", witness)):
            assert (tmp_path / file).stat().st_mode & 0o077 == 0
            assert status(int(address.group(1)), f"/entities/{address.group(2)}", known) == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(40) == 0
        assert output.read_text().rstrip().endswith("Stopped.")
        with pytest.raises(ConnectionRefusedError):
            status(int(address.group(1)), "/livez", token)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(40)


def await_words(output: Path, process: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        text = output.read_text()
        if "Ctrl-C ends" in text:
            return text
        time.sleep(0.2)
    pytest.fail(f"the service did not start: {output.read_text()}")


def status(port: int, path: str, token: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}", "Accept": "text/html"})
        return connection.getresponse().status
    finally:
        connection.close()


def test_alerts_are_written_beside_the_register_and_counted(city: Any) -> None:
    done = typed(city, "alerts", "--as-of", "2026-06-30")
    assert done.returncode == 0, done.stderr
    assert "alerts as of 2026-06-30" in done.stdout
    assert "no grade can have risen" in done.stdout
    assert "licence_expiry" in done.stdout
    (written,) = city.register.folder.glob("alerts-*.parquet")
    lines = written.with_suffix(".csv").read_text("utf-8-sig").splitlines()
    assert lines[0].startswith('"entity_id","kind","severity"')
    absent = typed(city, "alerts", "--as-of", "2020-01-01")
    assert "a register of sandbox by" in refusal(absent)
    assert "as of 2020-01-01; got 2026-06-30" in refusal(absent)
