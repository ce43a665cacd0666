"""Follows the ledger: a promotion, a rollback or a new register is served without a restart.

The new parts are opened and verified beside the old ones and then take their place at once; who is being
answered keeps the old ones. While they open, both stand in memory. What cannot be opened changes nothing:
the desk before is served, and says that it is behind.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from threading import Event, Thread

from data_contracts.refusal import Refusal
from serving.ledger.database import open_ledger
from serving.web.desk import Desk
from serving.web.opening import Place, Standing, opened, standing

logger = logging.getLogger(__name__)

# Looks at the ledger before what could not be opened is tried again: a damaged register of millions of
# entities costs a second to read each time.
PATIENCE = 30


class Unreadable(Refusal):
    """The ledger or something in it failed in a way that no refusal tells."""


class DeskFollower:
    """The desk of the moment, called for each request; `look` is one look at the ledger."""

    def __init__(self, place: Place, *, now: Callable[[], datetime]) -> None:
        """Opens the first desk; a city that cannot be served is refused here."""
        ledger = open_ledger(place.ledger_address)
        self._place = place
        self._now = now
        self._served = standing(ledger, place.city, now())
        self._desk = opened(place, self._served, ledger=ledger, now=now)
        self._failed: Standing | None = None
        self._waits = 0

    def __call__(self) -> Desk:
        """What is served now."""
        return self._desk

    def look(self) -> None:
        """Serves what the ledger says is live; keeps what is served where that cannot be opened."""
        found: Standing | None = None
        try:
            found = standing(self._desk.ledger, self._place.city, self._now())
            if found == self._failed and self._waits:
                self._waits -= 1
                return
            self._serve(found)
        except Refusal as refusal:
            self._keep(found, refusal)
        except Exception as error:  # noqa: BLE001 - the watch must outlive a database or disk that fails
            self._keep(
                found,
                Unreadable(
                    expected="a ledger and registers that can be read",
                    got=f"{type(error).__name__}: {error}",
                    todo="read the log of the service; it looks again by itself",
                ),
            )

    def follow(self, *, seconds: float, until: Event | None = None) -> Thread:
        """Looks every so many seconds in a thread that does not keep the process alive."""
        over = until or Event()

        def watch() -> None:
            while not over.wait(seconds):
                self.look()

        thread = Thread(target=watch, name="ledger-follower", daemon=True)
        thread.start()
        return thread

    def _serve(self, found: Standing) -> None:
        self._failed = None
        if found != self._served:
            desk = opened(self._place, found, ledger=self._desk.ledger, now=self._now)
            # One assignment: a request sees the old desk or the new one, never parts of both.
            self._desk, self._served = desk, found
            release, register = desk.release.release_id, desk.register
            # A warning, because it changes what everybody sees and must reach the log as it is set up.
            logger.warning("now serving release %s, register as of %s", release, register.as_of)
        elif self._desk.behind is not None:
            self._desk = replace(self._desk, behind=None)
            logger.warning("the ledger says again what is served")

    def _keep(self, found: Standing | None, refusal: Refusal) -> None:
        self._failed, self._waits = found, PATIENCE
        if str(refusal) != str(self._desk.behind):
            logger.error("still serving release %s: %s", self._desk.release.release_id, refusal)
        self._desk = replace(self._desk, behind=refusal)
