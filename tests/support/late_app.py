"""An application whose address must be known before it can be built."""

from starlette.types import ASGIApp, Receive, Scope, Send


class LateApp:
    """Hands requests on to `app`, which is set before the first one comes."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI call."""
        await self.app(scope, receive, send)
