"""From a page's context dataclass to HTML; templates see the page, its frame, and two functions for words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from models.grades import Grade
from serving.sampling.policy import ORDINARY
from serving.web.desk import Desk
from serving.web.holder import holder_in, may_plan
from serving.web.language import COOKIE, address_in_other_language, language_of, speaker

FOLDER = Path(__file__).parent
TEMPLATES = Environment(
    loader=FileSystemLoader(FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
YEAR = 365 * 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What stands around every page."""

    language: str
    other_language: str
    current: str
    person: str
    role: str
    may_plan: bool
    city: str
    as_of: str
    release_id: str
    behind: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Which template shows which page, under which entry of the navigation."""

    template: str
    page: object
    current: str = ""
    status: int = 200


def render(request: Request, desk: Desk | None, view: View) -> HTMLResponse:
    """The page in the caller's language; a language chosen in the address is remembered."""
    language = language_of(request)
    text = TEMPLATES.get_template(view.template).render(
        page=view.page,
        table=view.page,
        preview=view.page,
        frame=_frame(request, desk, view.current),
        say=speaker(language),
        grade_label=_labels(language).__getitem__,
    )
    response = HTMLResponse(text, status_code=view.status)
    if request.query_params.get("language") == language:
        response.set_cookie(COOKIE, language, max_age=YEAR, samesite="strict", httponly=True)
    return response


def grade_label(grade: str, language: str) -> str:
    """低 … 高, or low … high."""
    return _labels(language)[grade]


def _labels(language: str) -> dict[str, str]:
    labels = {grade.value: grade.label_en if language == "en" else grade.label_zh for grade in Grade}
    return labels | {ORDINARY: speaker(language)("不分级", "not drawn by grade")}


def _frame(request: Request, desk: Desk | None, current: str) -> Frame:
    holder = holder_in(request)
    return Frame(
        language=language_of(request),
        other_language=address_in_other_language(request),
        current=current,
        person=holder.person if holder else "",
        role=_role(holder.role if holder else "", language_of(request)),
        may_plan=holder is not None and may_plan(holder),
        city=desk.city if desk else "",
        as_of=desk.register.as_of.isoformat() if desk else "",
        release_id=desk.release.release_id if desk else "",
        behind=desk is not None and desk.behind is not None,
    )


def _role(role: str, language: str) -> str:
    words = {
        "analyst": "分析员",
        "planner": "计划员",
        "supervisor": "监管员",
        "auditor": "审计员",
        "administrator": "管理员",
    }
    return role if language == "en" else words.get(role, role)
