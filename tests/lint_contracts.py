"""Lints contract files as `datacontract lint` does, in one process: the command needs five seconds to start.

Runs in .venv-contracts (`make lint-contracts`): datacontract-cli wants older libraries. Needs no network.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from datacontract.data_contract import DataContract


def faults(path: str) -> Iterator[str]:
    """What is wrong with a contract file, in the linter's words."""
    checks = DataContract(data_contract_file=path, all_errors=True, inline_references=False).lint().checks
    if not any("ODCS v3.1.0" in (check.name or "") for check in checks):
        yield f"{path}: not checked as ODCS 3.1.0"
    yield from (f"{path}: {check.reason}" for check in checks if check.result != "passed")


def main(paths: Sequence[str]) -> int:
    """Prints every fault; 1 if there is one."""
    found = [fault for path in paths for fault in faults(path)]
    sys.stdout.writelines(f"{line}\n" for line in found or [f"{len(paths)} contracts are true ODCS 3.1.0"])
    return 1 if found or not paths else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
