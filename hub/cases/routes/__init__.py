"""The pages of the two registers: finding cases, one case, entering and ending them."""

from typing import Final

from hub.cases.routes import acts, entering, register

ROUTERS: Final = (register.router, entering.router, acts.router)
