"""Every address of the field pages: method, path, and the function that answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from serving.web.field import field_pages, keeping_pages, result_pages, staffing_pages, yearly_pages

FIELD_PAGES: tuple[tuple[str, str, Callable[..., Any]], ...] = (
    ("GET", "/tasks", field_pages.tasks),
    ("GET", "/visits/{visit_id}", field_pages.visit),
    ("POST", "/visits/begin", field_pages.begin_many),
    ("POST", "/visits/{visit_id}/begin", field_pages.begin),
    ("POST", "/visits/{visit_id}/recusals", field_pages.recusal),
    ("GET", "/plans/{plan_id}/staffing", staffing_pages.staffing),
    ("POST", "/plans/{plan_id}/staffing", staffing_pages.staff),
    ("GET", "/plans/{plan_id}/staffing.json", staffing_pages.record),
    ("GET", "/plans/{plan_id}/results", result_pages.results),
    ("POST", "/plans/{plan_id}/results/imports", result_pages.import_file),
    ("POST", "/plans/{plan_id}/results/returns", result_pages.return_results),
    ("POST", "/plans/{plan_id}/publication", result_pages.publish),
    ("POST", "/plans/{plan_id}/close", result_pages.close),
    ("GET", "/results/entry", result_pages.entry),
    ("POST", "/results/entry", result_pages.enter),
    ("POST", "/results/follow-up", result_pages.handle),
    ("POST", "/results/withholding", result_pages.withhold),
    ("POST", "/results/repair", result_pages.repair),
    ("GET", "/effect", keeping_pages.effect),
    ("GET", "/rosters", keeping_pages.rosters),
    ("POST", "/rosters/leave", keeping_pages.leave),
    ("POST", "/rosters/conflicts", keeping_pages.conflict),
    ("GET", "/yearly-plans", yearly_pages.yearly),
    ("POST", "/yearly-plans", yearly_pages.create_yearly),
    ("GET", "/yearly-plans/lines.csv", yearly_pages.lines_file),
    ("POST", "/yearly-plans/{yearly_plan_id}/amendments", yearly_pages.amend_yearly),
    ("POST", "/yearly-plans/{yearly_plan_id}/publication", yearly_pages.publish_yearly),
    ("GET", "/yearly-plans/{yearly_plan_id}/versions/{version}/{name}", yearly_pages.published_file),
)
