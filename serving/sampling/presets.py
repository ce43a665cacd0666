"""Sampling ratios that places have published, with date and source: a start for planners, never a rule."""

from __future__ import annotations

from dataclasses import dataclass

from data_contracts.near_names import near
from data_contracts.refusal import Refusal
from serving.sampling.policy import Policy, Ratios


class PresetUnknown(Refusal):
    """A name under which no published practice stands here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """Published ratios in percent, A to D; `dated`: year or day of publication; `source`: where it stands.

    `full_grades`: grades that the place inspects without exception.
    """

    name: str
    place_zh: str
    place_en: str
    percents: tuple[int, int, int, int]
    dated: str
    source: str
    full_grades: tuple[str, ...] = ()
    yearly_cap: int = 2

    @property
    def ratios(self) -> Ratios:
        """The ratios as exact texts."""
        texts = (f"{percent}/100" if percent < 100 else "1" for percent in self.percents)
        return Ratios(**dict(zip("abcd", texts, strict=True)))

    @property
    def percents_text(self) -> str:
        """Reads as it is published: 1/2/10/30."""
        return "/".join(map(str, self.percents))

    def policy(self) -> Policy:
        """A policy with these ratios; all else as the law and our defaults have it."""
        return Policy(ratios=self.ratios, full_grades=self.full_grades, yearly_cap=self.yearly_cap)


PRESETS = (
    Preset(
        name="henan-2021",
        place_zh="河南 2021",
        place_en="Henan 2021",
        percents=(1, 2, 10, 30),
        dated="2021",
        source="dzb.zzrbnews.com/news/12860",
    ),
    Preset(
        name="chongqing-2024",
        place_zh="重庆 2024",
        place_en="Chongqing 2024",
        percents=(3, 4, 5, 6),
        dated="2024-01-29",
        source="scjgj.cq.gov.cn t20240129_12872970",
    ),
    # A firm drawn once in the year is not drawn again.
    Preset(
        name="yuexiu-2021",
        place_zh="广州越秀 2021",
        place_en="Yuexiu 2021",
        percents=(5, 15, 30, 50),
        dated="2021",
        source="gz.gov.cn post_7994483",
        yearly_cap=1,
    ),
    Preset(
        name="bayannur-2022",
        place_zh="巴彦淖尔 2022",
        place_en="Bayannur 2022",
        percents=(2, 5, 100, 100),
        dated="2022-09",
        source="takinupcharters.com 38252",
        full_grades=("C", "D"),
    ),
    Preset(
        name="flat-3",
        place_zh="不分级 3%",
        place_en="flat 3 %",
        percents=(3, 3, 3, 3),
        dated="2025-03-18",
        source="m.66laws.com/fagui/21704.html",
    ),
)


def is_preset(name: str) -> bool:
    """Whether a published practice has this name; policies of a city have ids that no practice has."""
    return any(one.name == name for one in PRESETS)


def preset(name: str) -> Preset:
    """The practice of this name."""
    for one in PRESETS:
        if one.name == name:
            return one
    names = [one.name for one in PRESETS]
    raise PresetUnknown(
        expected=f"the name of a published practice ({', '.join(names)})",
        got=f"{name!r}{near(name, names)}",
        todo="choose one of these names, or give a policy file",
    )
