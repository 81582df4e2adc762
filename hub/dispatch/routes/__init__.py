"""The pages of alerts, of whom they go to, of broadcasts, and what recipients answer."""

from typing import Final

from hub.dispatch.routes import acknowledging, alerts, broadcasts, recipients

ROUTERS: Final = (alerts.router, broadcasts.router, recipients.router, acknowledging.router)
