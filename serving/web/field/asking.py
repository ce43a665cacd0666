"""What every field page starts from: desk, holder, language, today, and what the holder may do and see."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from fastapi import Request
from starlette.responses import Response

from data_contracts.refusal import Refusal
from serving.ledger.tokens import Holder
from serving.register import RegisterLine
from serving.rosters.item import Item
from serving.rosters.items import list_items
from serving.web.desk import Desk
from serving.web.errors import Complaint, complaint_of, kind_of
from serving.web.holder import holder_of_request, may_plan, may_work, worker_of_request
from serving.web.language import Say, language_of, speaker
from serving.web.reach import entities_within
from serving.web.rendering import View, render


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A request with what answers it; `today` is the day in China."""

    request: Request
    desk: Desk
    holder: Holder
    language: str
    say: Say
    today: date

    @property
    def may_work(self) -> bool:
        """Whether the holder may begin visits and enter results; also who may know inspectors by name."""
        return may_work(self.holder)

    @property
    def may_plan(self) -> bool:
        """Whether the holder may staff plans and keep the rosters."""
        return may_plan(self.holder)

    def shown(self, template: str, page: object, *, current: str, refusal: Refusal | None = None) -> Response:
        """The page; with a refusal, under its status."""
        status = 200 if refusal is None else kind_of(refusal).status
        view = View(template=f"field/{template}", page=page, current=current, status=status)
        return render(self.request, self.desk, view)

    def complaint(self, refusal: Refusal | None) -> Complaint | None:
        """The refusal in the reader's language."""
        return None if refusal is None else complaint_of(refusal, self.language)

    def items(self) -> dict[str, Item]:
        """The city's items by code, as they stand."""
        return {item.code: item for item in list_items(self.desk.ledger, self.desk.city)}

    def item_name(self, items: Mapping[str, Item], code: str) -> str:
        """What an item is called; the code where nobody recorded it."""
        item = items.get(code)
        return code if item is None else self.say(item.name_zh, item.name_en or item.name_zh)

    def entities(self, ids: Collection[str]) -> dict[str, RegisterLine]:
        """Those of the entities that the register lists within the holder's region."""
        return entities_within(self.desk, self.holder, ids)


def asking(request: Request) -> Asking:
    """Who asks, of which desk, in which language, on which day."""
    desk: Desk = request.app.state.desk_source()
    language = language_of(request)
    return Asking(
        request=request,
        desk=desk,
        holder=holder_of_request(request),
        language=language,
        say=speaker(language),
        today=desk.today,
    )


def worker(request: Request) -> Asking:
    """The same, if the holder may work in the field."""
    worker_of_request(request)
    return asking(request)
