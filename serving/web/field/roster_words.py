"""Words of the rosters: kinds of items, ways of inspecting."""

from __future__ import annotations

from collections.abc import Iterable

from serving.web.language import Say

KIND_WORDS = {"general": ("一般", "general"), "key": ("重点", "key")}
METHOD_WORDS = {
    "site": ("现场", "on site"),
    "paper": ("书面", "by papers"),
    "web": ("网络", "on the web"),
    "commissioned": ("委托", "commissioned"),
    "remote": ("非现场", "remote"),
}


def method_words(methods: Iterable[str], say: Say) -> str:
    """The ways of inspecting, in words."""
    return say("、", ", ").join(say(*METHOD_WORDS[one]) if one in METHOD_WORDS else one for one in methods)
