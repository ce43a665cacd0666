"""A server in a process of its own: asked by HTTP, killed (SIGKILL) in the middle, started again."""

from __future__ import annotations

import http.client
import json
import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from serving.process import Address

# Longer than any step; a server that is killed closes the connection at once.
PATIENCE = 300.0


class AnswerError(AssertionError):
    """An answer that a journey did not expect; `status` is 0 where the connection broke."""

    def __init__(self, status: int, text: str) -> None:
        """Keeps both for whoever expects a refusal."""
        super().__init__(f"{status}: {text[:1000]}")
        self.status, self.text = status, text


@dataclass(kw_only=True)
class Killable:
    """A service that can be killed; `launch` starts it anew, gives its address and its first process."""

    launch: Callable[[], AbstractContextManager[tuple[Address, int]]]
    running: ExitStack = field(default_factory=ExitStack)
    address: Address | None = None
    process: int = 0
    restarts: int = 0

    def start(self) -> None:
        """Starts it and waits until it is ready."""
        self.address, self.process = self.running.enter_context(self.launch())

    def stop(self) -> None:
        """Ends it."""
        self.running.close()

    def kill(self) -> None:
        """kill -9 of every process of the service; then a new one, ready."""
        self.end()
        self.running.close()
        self.restarts += 1
        self.start()

    def end(self) -> None:
        """kill -9 of every process of the service, all at once."""
        for process in (self.process, *descendants(self.process)):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)

    def ask(self, token: str, method: str, path: str, body: object = None, kind: str = "") -> bytes:
        """The answer's body; raises AnswerError unless it is 200. Bytes are sent as they are."""
        if self.address is None:
            raise AssertionError("start it first")
        sent = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        headers |= {"Content-Type": kind or "application/json"} if sent is not None else {}
        connection = http.client.HTTPConnection(self.address.host, self.address.port, timeout=PATIENCE)
        try:
            connection.request(method, path, sent, headers)
            answer = connection.getresponse()
            status, text = answer.status, answer.read()
        except (http.client.HTTPException, OSError) as error:
            raise AnswerError(0, repr(error)) from error
        finally:
            connection.close()
        if status != http.client.OK:
            raise AnswerError(status, text.decode(errors="replace"))
        return text

    def json(self, token: str, method: str, path: str, body: object = None) -> Any:
        """The answer as JSON."""
        return json.loads(self.ask(token, method, path, body))

    def killed_in(
        self,
        step: Callable[[], object],
        *,
        sign: Callable[[], bool],
        held: AbstractContextManager[object] | None = None,
    ) -> bool:
        """Takes a step and kills the service at a sign; whether the step was answered.

        What is `held` until then (the ledger's only writer, say) keeps the step from its end.
        """
        with ThreadPoolExecutor(1) as pool:
            with held or nullcontext():
                future = pool.submit(step)
                while not future.done() and not sign():
                    time.sleep(0.0005)
                self.end()
                wait([future])
            self.kill()
            error = future.exception()
        if error is None or (isinstance(error, AnswerError) and not error.status):
            return error is None
        raise error


def descendants(process: int) -> list[int]:
    """The processes that a process started, and those that they started; some are in groups of their own."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    found = [process]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found[1:]
