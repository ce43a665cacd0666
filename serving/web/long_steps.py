"""Steps that may take longer than a request waits: they go on, and who asks again waits for the same one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import wraps
from threading import RLock
from typing import Any

from fastapi import Request, UploadFile

from data_contracts.refusal import Refusal
from serving.web.holder import holder_of_request

# Below the five seconds after which the service gives a request up.
PATIENCE = 3.5
# The ledger has one writer; a second step may make its files meanwhile.
AT_ONCE = 2


class StillAtWork(Refusal):
    """A step that is not done yet; nothing is lost, and it is never taken twice."""


class LongSteps:
    """The steps at work in this process; one for each app. Threads begin with the first step."""

    def __init__(self, patience: float = PATIENCE) -> None:
        """Waits so many seconds for a step before it answers without it."""
        self.patience = patience
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="long-step")
        self._lock = RLock()
        self._at_work: dict[str, Future[Any]] = {}

    def take(self, name: str, work: Callable[[], Any]) -> Any:
        """What the work gives or raises; StillAtWork where that takes longer than anybody waits.

        Whoever names a step that is at work waits for that one. Once done it is forgotten: what it did stands
        in the ledger, which refuses what may not be done twice.
        """
        with self._lock:
            step = self._at_work.get(name)
            if step is None:
                step = self._at_work[name] = self._pool.submit(work)
                step.add_done_callback(lambda _: self._done(name))
        try:
            return step.result(timeout=self.patience)
        except TimeoutError:
            if step.done():
                raise
        raise StillAtWork(
            expected=f"a step that is done within {self.patience:g} seconds",
            got="one that is still at work, as that of a large city is",
            todo="look again in a moment; asking again is harmless",
        )

    def patiently(self, endpoint: Callable[..., Any]) -> Callable[..., Any]:
        """An endpoint (request, then what the address and the body tell) that is taken as a long step."""

        @wraps(endpoint)
        def answered(request: Request, **told: Any) -> Any:
            person = holder_of_request(request).person
            asked = "\n".join(f"{name}={_plain(value)}" for name, value in sorted(told.items()))
            body = hashlib.sha256(asked.encode()).hexdigest()
            step = f"{person} {request.method} {request.url.path} {body}"
            return self.take(step, lambda: endpoint(request, **told))

        return answered

    def _done(self, name: str) -> None:
        with self._lock:
            self._at_work.pop(name, None)


def _plain(value: object) -> str:
    """A value as text; two files are never the same, because their contents are read only by the step."""
    return f"file {id(value)}" if isinstance(value, UploadFile) else repr(value)
