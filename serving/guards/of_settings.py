"""The guards that the settings ask for, in their order."""

from capstan.settings import settings
from serving import limits
from serving.guards.authentication import Authentication
from serving.guards.bodies import Bodies
from serving.guards.call import Guard
from serving.guards.concurrency import Concurrency
from serving.guards.first_use import FirstUse, Models
from serving.guards.measure import Measure
from serving.guards.named import Named
from serving.guards.rate import Rate
from serving.guards.sites import Sites
from serving.guards.time_limit import TimeLimit
from serving.guards.tokens import TokenFile


def guards_of_settings(models: Models | None = None, host: str = "") -> list[Guard]:
    """Return the guards of this profile, the outermost first.

    `models` loads capstones on first use. The server listens on `host`, by default that of the settings.

    Raises CapstanError when the token file is unreadable.
    """
    own = settings()
    guards: list[Guard] = [Measure()]
    if own.tokens_file:
        guards.append(Authentication(TokenFile(own.tokens_file)))
    guards.append(Sites(host or own.host, own.allowed_hosts))
    if own.token_rate:
        guards.append(Rate(own.token_rate, limits.TOKEN_BURST))
    guards.append(Bodies(limits.BODY_SECONDS, limits.MAX_BODIES_BYTES))
    named, first_use = ([Named(models)], [FirstUse(models)]) if models else ([], [])
    return [*guards, *named, Concurrency(own.max_concurrent), *first_use, TimeLimit(own.request_seconds)]
