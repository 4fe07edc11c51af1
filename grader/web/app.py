"""The pages and forms of the instructor's web application."""

import math
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from functools import wraps
from typing import Any, cast
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from grader.codes import CODES
from grader.errors import GraderError
from grader.model.decision import DecisionKind
from grader.model.quantities import duration
from grader.model.safe_text import one_line
from grader.reporting import class_words, figures
from grader.reporting.class_page import render_class
from grader.reporting.render import TEMPLATES, page_environment
from grader.web.desk import Desk
from grader.web.gate import FORM_FIELD, Gate, Keys, is_own_form

Handler = Callable[["Site", Request], Awaitable[Response]]
_KINDS = frozenset({"score", "check", "drop", "points", "on time"})
_MOST_FORM_BYTES = 16 * 1024
_STATIC = {"style.css": "text/css", "live.js": "text/javascript"}


class Site:
    """Everything that a request needs."""

    def __init__(self, desk: Desk, keys: Keys) -> None:
        """Keep the desk and the keys.

        Args:
            desk: answers questions and writes decisions down.
            keys: of this start of the server.
        """
        self.desk = desk
        self.keys = keys
        self._templates = page_environment(TEMPLATES)

    def page(self, name: str, status: int = 200, **values: Any) -> HTMLResponse:
        """Return a page made of a template."""
        helpers = {"points": figures.points, "duration": duration, "one_line": one_line, "say": class_words}
        text = self._templates.get_template(f"web/{name}.html.j2").render(csrf=self.keys.csrf, **helpers, **values)
        return HTMLResponse(text, status)

    def static(self, name: str) -> str:
        """Return one of our two files."""
        source = self._templates.get_template(f"web/{name}").render()
        return self._templates.get_template("report.css").render() + source if name.endswith(".css") else source


async def _home(site: Site, _request: Request) -> Response:
    rows = await run_in_threadpool(site.desk.labs)
    return site.page("home", labs=rows, progress=await run_in_threadpool(site.desk.progress))


async def _progress(site: Site, _request: Request) -> Response:
    return JSONResponse(asdict(await run_in_threadpool(site.desk.progress)))


async def _lab(site: Site, request: Request) -> Response:
    """The class page is a file of its own, with its own policy: it is shown in a frame below the actions."""
    lab_id = request.path_params["lab"]
    lab, standings = await run_in_threadpool(site.desk.standings, lab_id)
    progress = await run_in_threadpool(site.desk.progress)
    return site.page("lab", lab=lab, standings=standings, progress=progress)


async def _class(site: Site, request: Request) -> Response:
    facts = await run_in_threadpool(site.desk.facts, request.path_params["lab"])
    text = await run_in_threadpool(render_class, facts)
    return _framed(HTMLResponse(text))


async def _student(site: Site, request: Request) -> Response:
    page = await run_in_threadpool(site.desk.student, request.path_params["lab"], request.path_params["student"])
    return site.page("student", page=page)


async def _report(site: Site, request: Request) -> Response:
    path = await run_in_threadpool(site.desk.report, request.path_params["lab"], request.path_params["student"])
    # in a window of its own as well: whatever got into it would act as the instructor
    return _framed(FileResponse(path, media_type="text/html"), "sandbox")


async def _grades_csv(site: Site, request: Request) -> Response:
    lab = request.path_params["lab"]
    content = await run_in_threadpool(site.desk.grades_csv, lab)
    headers = {"Content-Disposition": f'attachment; filename="grades-{lab}.csv"'}
    return Response(content, media_type="text/csv", headers=headers)


async def _decide(site: Site, request: Request) -> Response:
    form = await _own_form(site, request)
    lab_id, kind = request.path_params["lab"], str(form.get("kind", ""))
    if kind not in _KINDS:
        raise HTTPException(400, "There is no such decision.")
    student, points = str(form.get("student", "")), _number(form.get("points"))
    await run_in_threadpool(
        site.desk.decide,
        cast("DecisionKind", kind),
        lab_id,
        str(form.get("reason", "")),
        student=student,
        check=str(form.get("check", "")),
        points=points,
    )
    return RedirectResponse(f"/labs/{lab_id}/students/{student}" if student else f"/labs/{lab_id}", 303)


async def _revoke(site: Site, request: Request) -> Response:
    form = await _own_form(site, request)
    number = int(_number(form.get("number")) or 0)
    await run_in_threadpool(site.desk.revoke, number, str(form.get("reason", "")))
    back = str(form.get("student", ""))
    lab_id = request.path_params["lab"]
    return RedirectResponse(f"/labs/{lab_id}/students/{back}" if back else f"/labs/{lab_id}", 303)


async def _regrade(site: Site, request: Request) -> Response:
    await _own_form(site, request)
    await run_in_threadpool(site.desk.judge_again, request.path_params["lab"])
    return RedirectResponse(f"/labs/{request.path_params['lab']}", 303)


async def _static(site: Site, request: Request) -> Response:
    name = request.path_params["name"]
    if name not in _STATIC:
        raise HTTPException(404)
    return Response(site.static(name), media_type=_STATIC[name])


async def _own_form(site: Site, request: Request) -> dict[str, Any]:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _MOST_FORM_BYTES:
            raise HTTPException(413, "This form is too long.")
    form: dict[str, Any] = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=20))
    if not is_own_form(site.keys, form.get(FORM_FIELD)):
        raise HTTPException(
            403, "This form came from another site, or from before the last start: open the page again."
        )
    return form


def build(desk: Desk, keys: Keys, hosts: frozenset[str]) -> Starlette:
    """Return the application.

    Args:
        desk: answers questions and writes decisions down.
        keys: what to let in by.
        hosts: values of `Host` that are this server.
    """
    site = Site(desk, keys)
    handlers: list[tuple[str, Handler, str]] = [
        ("/", _home, "GET"),
        ("/progress.json", _progress, "GET"),
        ("/static/{name}", _static, "GET"),
        ("/labs/{lab}", _lab, "GET"),
        ("/labs/{lab}/class", _class, "GET"),
        ("/labs/{lab}/grades.csv", _grades_csv, "GET"),
        ("/labs/{lab}/students/{student}", _student, "GET"),
        ("/labs/{lab}/students/{student}/report", _report, "GET"),
        ("/labs/{lab}/decide", _decide, "POST"),
        ("/labs/{lab}/revoke", _revoke, "POST"),
        ("/labs/{lab}/regrade", _regrade, "POST"),
    ]
    routes = [Route(path, _bound(site, handler), methods=[method]) for path, handler, method in handlers]

    async def told(request: Request, exc: Exception) -> Response:
        return _error_page(site, request, exc)

    return Starlette(
        routes=routes,
        middleware=[Middleware(Gate, keys=keys, hosts=hosts)],
        exception_handlers={HTTPException: told, GraderError: told},
    )


def _bound(site: Site, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    @wraps(handler)
    async def answer(request: Request) -> Response:
        return await handler(site, request)

    return answer


def _error_page(site: Site, _request: Request, exc: Exception) -> Response:
    if isinstance(exc, GraderError):
        status = 500 if CODES[exc.code].exit_code == 5 else 400
        return site.page("error", status, code=exc.code, message=exc.message, hint=exc.hint or "")
    status = exc.status_code if isinstance(exc, HTTPException) else 500
    message = exc.detail if isinstance(exc, HTTPException) else ""
    return site.page("error", status, code=str(status), message=message, hint="")


def _framed(response: Response, *policy: str) -> Response:
    """A file with a policy of its own may be shown in a frame of ours, and nowhere else."""
    response.headers["Content-Security-Policy"] = "; ".join(("frame-ancestors 'self'", *policy))
    return response


def _number(value: object) -> float | None:
    if value in (None, ""):
        return None
    try:
        number = float(str(value))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise HTTPException(400, f"{one_line(str(value), 40)} is not a number.")
    return number
