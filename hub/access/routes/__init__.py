"""The pages of signing in, of one's own account, of the operators, and of the audit trail."""

from typing import Final

from hub.access.routes import account, operators, provider, signing_in, trail

ROUTERS: Final = (signing_in.router, provider.router, account.router, operators.router, trail.router)
