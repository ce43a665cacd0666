"""The service as a child process: started on a free port, awaited, and ended with everything it started."""

from __future__ import annotations

import errno
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from data_contracts.refusal import Refusal

LAST_PORT = 65_535
PORTS_TRIED = 50
START_SECONDS = 90.0
STOP_SECONDS = 15.0


class ServiceFailed(Refusal):
    """The service did not start, or ended by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the service listens."""

    host: str
    port: int

    def __str__(self) -> str:
        """As typed into a browser."""
        return f"http://{self.host}:{self.port}"


def free_address(host: str, port: int) -> Address:
    """The first free port from the one asked for."""
    if not 1 <= port <= LAST_PORT:
        raise ServiceFailed(
            expected=f"a port from 1 to {LAST_PORT}", got=str(port), todo="correct XINHENG_PORT or --port"
        )
    for candidate in range(port, min(port + PORTS_TRIED, LAST_PORT + 1)):
        with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, candidate))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise ServiceFailed(
                        expected=f"an address of this machine, and a port it may open ({candidate})",
                        got=f"{host}: {error.strerror or error}",
                        todo="correct XINHENG_HOST or --host, or choose another port",
                    ) from error
                continue
            return Address(host=host, port=candidate)
    raise ServiceFailed(
        expected=f"a free port on {host} from {port} to {min(port + PORTS_TRIED - 1, LAST_PORT)}",
        got="all taken",
        todo="choose another with XINHENG_PORT or --port",
    )


@contextmanager
def served(address: Address, *, settings: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The running service, ready; at the end it and all its children are gone."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "bentoml", "serve", "serving.service:Xinheng",
             "--host", address.host, "--port", str(address.port)],
            env={**os.environ, **settings},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # A session of its own: Ctrl-C reaches only the parent, which then ends the whole group in order.
            start_new_session=True,
        )  # fmt: skip
        try:
            _await_ready(process, address, log)
            yield process
        finally:
            stop(process)


def end_with_parent(seconds: float = 1.0) -> None:
    """From now on this process ends soon after the one that started it, also where that was killed (-9).

    A worker left alone would hold the port and go on serving what was live when its parent was killed.
    """
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(seconds)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, name="end-with-parent", daemon=True).start()


def stop(process: subprocess.Popen[bytes]) -> None:
    """Asks the group to end, waits, and ends by force what is still there."""
    for sign, patience in ((signal.SIGINT, STOP_SECONDS), (signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
        if not _signalled(process, sign):
            break
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue
        if not _group_alive(process):
            break
    if process.poll() is None:
        process.wait(5.0)


def _signalled(process: subprocess.Popen[bytes], sign: signal.Signals) -> bool:
    """Whether anybody of the group was there to hear it."""
    try:
        os.killpg(process.pid, sign)
    except ProcessLookupError:
        return False
    return True


def _group_alive(process: subprocess.Popen[bytes]) -> bool:
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return False
    return True


def _await_ready(process: subprocess.Popen[bytes], address: Address, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        if _ready(address):
            return
        time.sleep(0.2)
    raise ServiceFailed(
        expected=f"the service to be ready at {address} within {START_SECONDS:.0f} s",
        got=f"exit code {process.poll()}; the end of {log}: {_tail(log)}",
        todo="read the log; most often the city is not graded yet (`python -m serving grade`)",
    )


def _ready(address: Address) -> bool:
    """Asked without any proxy, which would not find this machine."""
    connection = http.client.HTTPConnection(address.host, address.port, timeout=2.0)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _tail(log: Path) -> str:
    return " | ".join(log.read_text("utf-8", errors="replace").strip().splitlines()[-4:])
