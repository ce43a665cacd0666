"""From a refusal to an answer: its status, JSON for programs, a calm page for people, 中文 by its type."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response

from data_contracts.refusal import Refusal
from serving.web.language import language_of
from serving.web.rendering import View, render

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How one type of refusal is told: its status, and its title, expectation and advice in 中文."""

    status: int
    title_en: str
    title_zh: str
    expected_zh: str = ""
    todo_zh: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """A refusal in the caller's language."""

    title: str
    expected: str
    got: str
    todo: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalPage:
    """The page of a refusal."""

    status: int
    complaint: Complaint


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginPage:
    """The form that takes a token; `next` is where to go afterwards."""

    next: str
    complaint: Complaint | None


class RouteUnknown(Refusal):
    """No page or endpoint under this address."""


class RequestMalformed(Refusal):
    """A body or parameter that is not what the endpoint takes."""


class Broken(Refusal):
    """A fault of ours."""


# By name, because web stands above the modules that raise them and a name needs no import of each.
KINDS = {
    "TokenMissing": Kind(
        status=401,
        title_en="Please log in",
        title_zh="请先登录",
        expected_zh="访问令牌",
        todo_zh="在登录页填写令牌；令牌由管理员发放",
    ),
    "TokenUnknown": Kind(
        status=401,
        title_en="This token is not valid",
        title_zh="令牌无效",
        expected_zh="有效且未过期的令牌",
        todo_zh="请管理员重新发放令牌",
    ),
    "ForeignForm": Kind(
        status=403,
        title_en="Form from another site",
        title_zh="来自其他网站的表单",
        expected_zh="本站页面提交的表单",
        todo_zh="在本站页面重新提交",
    ),
    "RoleRefused": Kind(
        status=403,
        title_en="Not within your role",
        title_zh="权限不足",
        expected_zh="计划员或管理员角色的令牌",
        todo_zh="请计划员操作，或请管理员发放相应角色的令牌",
    ),
    "RegionRefused": Kind(
        status=403,
        title_en="Outside your region",
        title_zh="超出辖区",
        expected_zh="本人辖区内的代码",
        todo_zh="在本辖区内查询，或使用相应辖区的令牌",
    ),
    "UnknownEntity": Kind(
        status=404,
        title_en="No such entity",
        title_zh="没有这户经营主体",
        expected_zh="登记册中的经营主体",
        todo_zh="核对代码，或按名称查询；当日已注销或尚未知悉的主体不分级",
    ),
    "SchemaMismatch": Kind(
        status=422,
        title_en="Columns do not match",
        title_zh="指标列不符",
        expected_zh="与模型版本完全一致的指标列及顺序",
        todo_zh="按 /api/v1/grades 所列的列名和顺序提交",
    ),
    "RatiosRefused": Kind(
        status=422,
        title_en="Ratios refused",
        title_zh="抽查比例不成立",
        expected_zh="每级比例在 0 与 100% 之间，A ≤ B ≤ C ≤ D，且均大于零",
        todo_zh="修改比例，例如 2%、5%、20%、100%",
    ),
    "RequestMalformed": Kind(
        status=422, title_en="Request refused", title_zh="请求内容不符", todo_zh="按接口说明修改后重发"
    ),
    "RouteUnknown": Kind(
        status=404,
        title_en="Not found",
        title_zh="没有这个页面",
        expected_zh="本站的页面或接口地址",
        todo_zh="回到总览重新查找",
    ),
    "Broken": Kind(
        status=500,
        title_en="Something broke on our side",
        title_zh="系统出错",
        expected_zh="正常的答复",
        todo_zh="稍后再试；若仍出错，请把时间告诉管理员",
    ),
    "PlanNotFound": Kind(
        status=404,
        title_en="No such plan",
        title_zh="没有这个计划",
        expected_zh="已建立的计划",
        todo_zh="在计划列表中查找",
    ),
    "PlanRefused": Kind(
        status=409,
        title_en="The plan cannot take this step",
        title_zh="计划不能走这一步",
        expected_zh="计划处于允许这一步的阶段，且姓名、承诺与秘密相符",
        todo_zh="按“草案—冻结—承诺—揭示—抽取”的顺序进行，并核对姓名和秘密；秘密遗失的，说明理由作废后另建计划",
    ),
    "BundleRefused": Kind(
        status=409,
        title_en="The bundle is not whole",
        title_zh="复核包不完整",
        todo_zh="从副本恢复冻结时的文件，或说明理由作废计划",
    ),
}
OTHER = Kind(status=422, title_en="Refused", title_zh="无法接受")


def kind_of(refusal: Refusal) -> Kind:
    """How this type is told; a subtype is told as its nearest known parent."""
    return next((KINDS[cls.__name__] for cls in type(refusal).__mro__ if cls.__name__ in KINDS), OTHER)


def complaint_of(refusal: Refusal, language: str) -> Complaint:
    """The refusal in a language; what came is a fact and stays as it is."""
    kind = kind_of(refusal)
    if language == "en":
        return Complaint(title=kind.title_en, expected=refusal.expected, got=refusal.got, todo=refusal.todo)
    return Complaint(
        title=kind.title_zh,
        expected=kind.expected_zh or refusal.expected,
        got=refusal.got,
        todo=kind.todo_zh or refusal.todo,
    )


def wants_json(request: HTTPConnection) -> bool:
    """Programs get JSON: everything under /api, and whoever does not ask for HTML."""
    return request.url.path.startswith("/api/") or "text/html" not in request.headers.get("accept", "")


def respond(request: Request, refusal: Refusal) -> Response:
    """The answer to a refusal."""
    status = kind_of(refusal).status
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    if wants_json(request):
        told = {"expected": refusal.expected, "got": refusal.got, "todo": refusal.todo}
        return JSONResponse(told, status_code=status, headers=headers)
    complaint = complaint_of(refusal, language_of(request))
    if status == 401:
        address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        # Who only opened an address has made no mistake; a token that failed has.
        shown = complaint if type(refusal).__name__ == "TokenUnknown" else None
        page: object = LoginPage(next=address if request.method == "GET" else "/", complaint=shown)
        return render(request, None, View(template="login.html", page=page, status=status))
    return render(
        request,
        None,
        View(template="refusal.html", page=RefusalPage(status=status, complaint=complaint), status=status),
    )


async def on_refusal(request: Request, error: Exception) -> Response:
    """Answers a refusal raised in a view."""
    if not isinstance(error, Refusal):
        raise error
    return respond(request, error)


async def on_http_error(request: Request, error: Exception) -> Response:
    """Answers the framework's own 404 and 405 in our shape."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    refusal = RouteUnknown(
        expected="an address and method of this service",
        got=f"{request.method} {request.url.path} ({status})",
        todo="see /api/v1/openapi.json for the endpoints",
    )
    answer = respond(request, refusal)
    answer.status_code = status
    return answer


async def on_malformed(request: Request, error: Exception) -> Response:
    """Answers a body that pydantic refused, naming every place."""
    if not isinstance(error, RequestValidationError):
        raise error
    places = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()[:5]]
    return respond(
        request,
        RequestMalformed(
            expected="a request as described in /api/v1/openapi.json",
            got="; ".join(places),
            todo="correct these places and send it again",
        ),
    )


async def on_fault(request: Request, error: Exception) -> Response:
    """Answers a fault of ours without showing its inside."""
    logger.error("fault path=%s", request.url.path, exc_info=error)
    return respond(
        request,
        Broken(
            expected="an answer",
            got=f"a fault in {request.url.path}",
            todo="try again, or tell the administrator the time",
        ),
    )
