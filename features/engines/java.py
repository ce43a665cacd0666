"""The Java that Spark runs on: found before a session is opened, or refused with how to install one."""

from __future__ import annotations

import re
import subprocess

from data_contracts.refusal import Refusal

# Spark 4.0 is made for 17 and 21; from 24 on Hadoop cannot log in: it needs Java's security manager.
OLDEST, NEWEST = 17, 23
# Spark's own start script takes Java from the same places.
ASK = 'exec "${JAVA_HOME:+$JAVA_HOME/bin/}java" -version'
VERSION = re.compile(r'version "(\d+)')


class JavaMissing(Refusal):
    """No Java that Spark can run on."""


def check_java() -> int:
    """The major version of the Java that Spark will start; refuses none, and one that it cannot run on."""
    asked = subprocess.run(["bash", "-c", ASK], capture_output=True, text=True, check=False)
    told = asked.stderr.strip().splitlines() or ["nothing"]
    found = VERSION.search(told[0])
    if asked.returncode or found is None or not OLDEST <= int(found[1]) <= NEWEST:
        raise JavaMissing(
            expected=f"Java {OLDEST} to {NEWEST} for the Spark engine, in JAVA_HOME or on the PATH",
            got=told[0],
            todo="install one (Debian: apt-get install default-jre-headless) or set JAVA_HOME; "
            "--engine duckdb needs none",
        )
    return int(found[1])
