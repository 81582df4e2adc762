"""Bad links, and a broker that does not do what it promises."""

from collections.abc import Callable
from functools import partial
from random import Random

from credentials.tls import client_context, server_context
from tests.chaos.faults.kind import Apply, a_unit, pause
from tests.chaos.link import CutAfter, Doubled, Silent, Slow, Swapped, Weather
from tests.chaos.site import Site
from tests.chaos.tap import Doubling, Losing, Malice, Reordering, Tap
from tests.chaos.work import Work
from tests.support.broker import free_port

MakeWeather = Callable[[Random], Callable[[], Weather] | None]


def _under(weather: MakeWeather) -> Apply:
    """Work while the link of one part to the broker has this weather."""

    def apply(site: Site, work: Work, draw: Random) -> None:
        draw.choice(site.parts).links[0].turn(weather(draw))
        work.start()
        work.finish()
        pause(draw)

    return apply


def _downloading_under(weather: MakeWeather) -> Apply:
    """The same for the link by which a unit fetches the list, which it does when it starts."""

    def apply(site: Site, work: Work, draw: Random) -> None:
        unit = a_unit(site, draw)
        unit.stop()
        unit.links[1].turn(weather(draw))
        work.start()
        work.finish()
        unit.start()
        pause(draw)

    return apply


def _under_malice(malice: Callable[[Random], Malice]) -> Apply:
    """Work while the broker of one part misbehaves."""

    def apply(site: Site, work: Work, draw: Random) -> None:
        part = draw.choice(site.parts)
        tap = _tap(site, part.name, lambda: malice(Random(draw.random())))
        try:
            part.links[0].lead_to(tap.port)
            work.start()
            work.finish()
            pause(draw)
        finally:
            part.links[0].heal()
            tap.close()

    return apply


def _tap(site: Site, part: str, malice: Callable[[], Malice]) -> Tap:
    client, broker = site.credentials(part), site.folder / "broker"
    return Tap(
        site.network,
        free_port(),
        site.broker.port,
        as_broker=server_context(
            certificate=broker / "server.crt", key=broker / "server.key", authority=broker / "ca.crt"
        ),
        as_client=client_context(authority=client.authority, certificate=client.certificate, key=client.key),
        malice=malice,
    )


def _bytes(draw: Random, largest: int) -> int:
    """As often below 100 as above 10,000."""
    return int(largest ** draw.random())


LINKS: dict[str, Apply] = {
    "link cut at a byte": _under(lambda draw: partial(CutAfter, _bytes(draw, 300_000))),
    "link gone": _under(lambda _: None),
    "link silent": _under(lambda _: Silent),
    "link slow": _under(lambda draw: partial(Slow, draw.uniform(0, 0.1), 40_000 + _bytes(draw, 60_000))),
    "bytes of a link doubled": _under(lambda draw: partial(Doubled, _bytes(draw, 200_000))),
    "bytes of a link out of order": _under(lambda draw: partial(Swapped, _bytes(draw, 200_000))),
    "download cut at a byte": _downloading_under(lambda draw: partial(CutAfter, _bytes(draw, 40_000))),
    "download slow": _downloading_under(lambda draw: partial(Slow, draw.uniform(0, 0.1), 20_000)),
    "messages doubled": _under_malice(lambda _: Doubling()),
    "messages out of order": _under_malice(Reordering),
    "messages acknowledged and dropped": _under_malice(Losing),
}
