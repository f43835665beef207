"""The web server of the pages: what `streamlit run` starts.

    browser ──> ContentPolicy ──> / and /<page>: the shell ──> streamlit ──> app.py

Streamlit's own shell, opened at the address of a page, first asks for `/<page>/_stcore/health`,
gets a 404 and only then finds the server: two errors in the console of everybody who follows a
link. So the shell is served here for these addresses, and told where the server is.

The content policy is a promise that a browser keeps: nothing is fetched from another host, whatever
a campaign is called. Styles and scripts need `unsafe-inline`, because Streamlit writes both; charts
need `unsafe-eval`, because Vega compiles its expressions.
"""

from __future__ import annotations

from pathlib import Path

import streamlit
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.starlette import App

from dashboard.links import PAGES

POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "worker-src 'self' blob:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HERE = "<script>window.__streamlit = {BACKEND_BASE_URL: window.location.origin}</script>"
SHELL = Path(streamlit.__file__).with_name("static") / "index.html"


class ContentPolicy:
    """Adds the policy, and that a link out of a page says nothing about it, to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, its answer with the policy."""

        async def send_with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = POLICY
                headers["Referrer-Policy"] = "no-referrer"
                headers["X-Content-Type-Options"] = "nosniff"
            await send(message)

        await self._app(scope, receive, send_with_policy)


async def shell(_request: Request) -> HTMLResponse:
    """Streamlit's shell, which looks for its server at the root and nowhere else."""
    text = SHELL.read_text("utf-8").replace("<head>", f"<head>{HERE}", 1)
    return HTMLResponse(text, headers={"Cache-Control": "no-cache"})


app = App(
    Path(__file__).with_name("app.py"),
    routes=[Route(f"/{page}", shell) for page in PAGES if page],
    middleware=[Middleware(ContentPolicy)],
)
