"""The language of an answer: asked for in the address, remembered in a cookie, 中文 by default."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from starlette.requests import HTTPConnection, Request

LANGUAGES = ("zh", "en")
COOKIE = "language"

Say = Callable[[str, str], str]


def language_of(request: HTTPConnection) -> str:
    """`zh` or `en`."""
    asked = request.query_params.get("language") or request.cookies.get(COOKIE) or "zh"
    return asked if asked in LANGUAGES else "zh"


def speaker(language: str) -> Say:
    """A function that picks the 中文 or the English one of two texts."""
    place = LANGUAGES.index(language)

    def say(*texts: str) -> str:
        return texts[place]

    return say


def address_in_other_language(request: Request) -> str:
    """The address of the same page in the other language."""
    other = "zh" if language_of(request) == "en" else "en"
    kept = [(key, value) for key, value in request.query_params.multi_items() if key != "language"]
    # A form's answer is no page to come back to.
    path = request.url.path if request.method == "GET" else "/"
    return f"{path}?{urlencode([*kept, ('language', other)])}"
