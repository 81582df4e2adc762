"""Whether the hub runs and whether it can work, for whoever watches over processes. They say nothing else."""

from fastapi import APIRouter
from fastapi.responses import Response

from faults import UnavailableError
from hub.access.service import anyone
from hub.desk import Services

router = APIRouter(prefix="/health")


@router.get("/live", status_code=204)
@anyone()
def live() -> Response:
    """204 while the process answers."""
    return Response(status_code=204)


@router.get("/ready", status_code=204)
@anyone()
def ready(services: Services) -> Response:
    """204 while the database answers, 503 while it does not. A broker that is away is no reason to turn people away."""
    try:
        with services.database.read() as connection:
            connection.exec_driver_sql("SELECT 1")
    except UnavailableError:
        return Response(status_code=503)
    return Response(status_code=204)
