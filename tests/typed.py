"""Commands as typed, run in this process: the same words and settings without a second to start Python in."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping

import typer
from typer.testing import CliRunner


def typed(
    app: typer.Typer, *words: str, settings: Mapping[str, str | None]
) -> subprocess.CompletedProcess[str]:
    """What a command told and how it ended; a setting of None is not set. A bug is raised as it is."""
    done = CliRunner().invoke(app, words, env=settings)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return subprocess.CompletedProcess(words, done.exit_code, done.stdout, done.stderr)
