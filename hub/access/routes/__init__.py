"""The pages of signing in, of one's own account, of the operators, and of the audit trail."""

from typing import Final

from hub.access.routes import account, operators, signing_in, trail

ROUTERS: Final = (signing_in.router, account.router, operators.router, trail.router)
