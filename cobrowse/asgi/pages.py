"""The console's pages: the shell of the app, and signing in and out, which work without JavaScript."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.templating import Jinja2Templates

from cobrowse.asgi.assets import Assets
from cobrowse.asgi.clock import now
from cobrowse.asgi.security import is_same_origin
from cobrowse.asgi.signin import COOKIE, SignIn, TooManyTries
from cobrowse.core.rules.limits import span

TEMPLATES = Path(__file__).parent / "templates"
MAX_FORM_BYTES = 8 * 1024
WRONG = "This e-mail address and password do not belong together."


class Pages:
    """What a browser gets as HTML."""

    def __init__(
        self, assets: Assets, sign_in: SignIn, origin: str, secure: bool, valid_s: float, mirror_policy: str
    ) -> None:
        self._templates = Jinja2Templates(directory=TEMPLATES)
        self._urls = assets.urls()
        self._sign_in = sign_in
        self._origin = origin
        self._secure = secure
        self._valid_s = int(valid_s)
        self._mirror_policy = mirror_policy

    def routes(self) -> list[Route]:
        return [
            Route("/", self._home, methods=["GET"]),
            Route("/console", self._home, methods=["GET"]),
            Route("/console/", self._console, methods=["GET"]),
            Route("/console/mirror", self._mirror, methods=["GET"]),
            Route("/console/sign-in", self._form, methods=["GET"]),
            Route("/console/sign-in", self._submit, methods=["POST"]),
            Route("/console/sign-out", self._sign_out, methods=["POST"]),
        ]

    async def _home(self, request: Request) -> Response:
        return RedirectResponse("/console/", 302)

    async def _console(self, request: Request) -> Response:
        if await self._sign_in.agent(request.headers.get("cookie", ""), now()) is None:
            return RedirectResponse("/console/sign-in", 303)
        return self._page(request, "console.html")

    async def _mirror(self, request: Request) -> Response:
        """An empty page with a policy of its own, in which the console draws a shopper's page. SPEC mirror.6."""
        headers = {
            "content-security-policy": self._mirror_policy,
            "x-frame-options": "SAMEORIGIN",
            "cache-control": "no-store",
        }
        return HTMLResponse("<!doctype html><title>page</title>", headers=headers)

    async def _form(self, request: Request) -> Response:
        return self._page(request, "sign_in.html")

    async def _submit(self, request: Request) -> Response:
        if not is_same_origin(request, self._origin):
            return self.error(request, 403, "Please sign in here", f"This form is for {self._origin} alone.")
        if int(request.headers.get("content-length") or MAX_FORM_BYTES + 1) > MAX_FORM_BYTES:
            return self.error(request, 413, "That was too much", "Expected an e-mail address and a password.")
        form = await request.form(max_files=0, max_fields=8)
        email, password = str(form.get("email", ""))[:254], str(form.get("password", ""))
        address = request.client.host if request.client else ""
        try:
            token = await self._sign_in.sign_in(email, password, address)
        except TooManyTries as tries:
            wait = f"Too many tries. Please wait {span(tries.retry_after_s)} and try again."
            response = self._page(request, "sign_in.html", 429, error=wait, email=email)
            response.headers["retry-after"] = str(int(tries.retry_after_s) + 1)
            return response
        if token is None:
            return self._page(request, "sign_in.html", 401, error=WRONG, email=email)
        answer = RedirectResponse("/console/", 303)
        answer.set_cookie(
            COOKIE,
            token,
            max_age=self._valid_s,
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="strict",
        )
        return answer

    async def _sign_out(self, request: Request) -> Response:
        if not is_same_origin(request, self._origin):
            return self.error(request, 403, "Please sign out here", f"This form is for {self._origin} alone.")
        await self._sign_in.sign_out(request.headers.get("cookie", ""))
        answer = RedirectResponse("/console/sign-in", 303)
        answer.delete_cookie(COOKIE, path="/", secure=self._secure, httponly=True, samesite="strict")
        return answer

    def error(self, request: Request, status: int, title: str, message: str) -> Response:
        return self._page(request, "error.html", status, title=title, message=message)

    def _page(self, request: Request, name: str, status: int = 200, **context: object) -> Response:
        values = {"assets": self._urls, "status": status, **context}
        headers = {"cache-control": "no-store"}
        return self._templates.TemplateResponse(request, name, values, status_code=status, headers=headers)
