"""The pages and the JSON API over register, release and ledger: one ASGI app, with or without BentoML."""

from __future__ import annotations
