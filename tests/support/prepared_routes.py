"""Routes prepared once for all apps of a service, instead of once for the app of each test."""

from collections.abc import Iterable

from fastapi import APIRouter, FastAPI
from starlette.routing import BaseRoute

_prepared: dict[int, BaseRoute] = {}


def with_prepared_routes(app: FastAPI, routers: Iterable[APIRouter]) -> FastAPI:
    """Give an app what FastAPI made of these routers, which are never gone, for an earlier app.

    Neither app may replace dependencies: both would be asked for those of the earlier one.
    """
    lasting = {id(it) for it in routers}
    for place, route in enumerate(app.router.routes):
        router = id(getattr(route, "original_router", None))
        if router in lasting:
            app.router.routes[place] = _prepared.setdefault(router, route)
    return app
