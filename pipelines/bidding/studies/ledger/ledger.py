"""The money of campaigns in Redis: a bid reserves its price before it is sent, in one atomic step.

What is spent, reserved and left add up to the budget, so replicas that bid at once never promise the same money. A
reservation whose auction is lost is released; one of which nothing is heard ends after `SECONDS`, so a replica that was
killed holds back no money. A win is spent once, however often it is reported, and costs at most what was reserved. One
reported after its reservation ended is spent as well, since an exchange that goes beyond the bid's `exp` charges it:
that alone can overspend, and is counted as `late`. An id is bid once in `KEPT` seconds.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from redis.asyncio import Redis

from models.auctions.pacing import Plan

SECONDS = 10.0  # within which an exchange says who won
KEPT = 86_400  # seconds for which a bid is known
MOST = 2**53  # money that Lua counts exactly
FIELDS = ("budget", "spent", "reserved", "wins", "late", "seen")
UNCOUNTED = ("auctions", "start", "seconds")  # of the plan

# KEYS: campaign, ends of reservations, prices of bids, counts by slot, instants of bids.
# ARGV: id, price, seconds, slot, kept.
RESERVE = """
local now = redis.call('TIME')
local clock = now[1] + now[2] / 1000000
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', clock, 'LIMIT', 0, 100)) do
  redis.call('HINCRBY', KEYS[1], 'reserved', -redis.call('HGET', KEYS[3], id))
  redis.call('ZREM', KEYS[2], id)
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[5], '-inf', clock - ARGV[5], 'LIMIT', 0, 100)) do
  redis.call('HDEL', KEYS[3], id)
  redis.call('ZREM', KEYS[5], id)
end
local had = redis.call('HMGET', KEYS[1], 'budget', 'spent', 'reserved')
local left = had[1] - had[2] - had[3]
local price, slot, made = tonumber(ARGV[2]), tonumber(ARGV[4]), 0
local seen = redis.call('HINCRBY', KEYS[4], 'seen:' .. slot, 1)
local before = tonumber(redis.call('HGET', KEYS[4], 'seen:' .. (slot - 1)) or 0)
local all = redis.call('HINCRBY', KEYS[1], 'seen', 1)
if price > 0 and price <= left and redis.call('HSETNX', KEYS[3], ARGV[1], ARGV[2]) == 1 then
  redis.call('ZADD', KEYS[2], clock + ARGV[3], ARGV[1])
  redis.call('ZADD', KEYS[5], clock, ARGV[1])
  redis.call('HINCRBY', KEYS[1], 'reserved', ARGV[2])
  made, left = 1, left - price
end
return {made, left, seen + before, all}
"""

# KEYS: as above, without the last. ARGV: id, paid, slot. A negative price releases: the auction was lost. Redis takes
# back nothing of a script that fails, so it checks before it spends, and marks the bid as paid last.
SETTLE = """
local price, paid = redis.call('HGET', KEYS[3], ARGV[1]), tonumber(ARGV[2])
if not price then return 'unknown' end
if price == 'paid' then return 'again' end
if not (paid <= tonumber(price)) then return price end
if redis.call('ZREM', KEYS[2], ARGV[1]) == 1 then
  redis.call('HINCRBY', KEYS[1], 'reserved', -price)
elseif paid >= 0 then
  redis.call('HINCRBY', KEYS[1], 'late', 1)
end
if paid >= 0 then
  redis.call('HINCRBY', KEYS[1], 'spent', ARGV[2])
  redis.call('HINCRBY', KEYS[1], 'wins', 1)
  redis.call('HINCRBY', KEYS[4], 'spent:' .. ARGV[3], ARGV[2])
  redis.call('HINCRBY', KEYS[4], 'wins:' .. ARGV[3], 1)
  redis.call('HSET', KEYS[3], ARGV[1], 'paid')
end
return 'settled'
"""


class Reserved(NamedTuple):
    """Whether money was reserved, what is left then, the auctions of this slot and the one before it, and all."""

    made: bool
    left: int
    lately: int
    seen: int


class Ledger:
    """The campaigns of a Redis. All that it does may raise redis.RedisError, and then nothing may be bid."""

    def __init__(self, redis: Redis, seconds: float = SECONDS):
        """seconds: how long a reservation holds."""
        self.redis, self.seconds = redis, seconds
        self._reserve, self._settle = redis.register_script(RESERVE), redis.register_script(SETTLE)

    async def open(self, campaign: str, plan: Plan) -> None:
        """Begin a campaign. One that is there keeps what it has spent, and gets the new plan.

        Raises ValueError for a plan that is not one.
        """
        key = keys(campaign)[0]
        if not all(map(math.isfinite, plan)) or plan.seconds <= 0 or plan.auctions < 0:
            raise ValueError(f"{plan} is no plan: its numbers are finite, and its seconds over 0.")
        _money(plan.budget)
        async with self.redis.pipeline(transaction=True) as pipe:
            for field in FIELDS:
                pipe.hsetnx(key, field, "0")
            pipe.hset(key, mapping=plan._asdict())
            await pipe.execute()

    async def plan(self, campaign: str) -> Plan | None:
        """Return the plan of a campaign, or None for one that is not known."""
        had = await self._all(keys(campaign)[0])
        if not had:
            return None
        return Plan(int(had["budget"]), int(had["auctions"]), float(had["start"]), float(had["seconds"]))

    async def reserve(self, campaign: str, bid: str, price: int, slot: int) -> Reserved:
        """Reserve the price of a bid, unless too little is left, and count the auction. price: 0 only counts.

        Nothing is reserved for an id that was bid before. Raises ValueError for a price that cannot be.
        """
        reserved, *known = await self._reserve(keys(campaign), [bid, _money(price), self.seconds, slot, KEPT])
        return Reserved(bool(reserved), *known)

    async def won(self, campaign: str, bid: str, paid: int, slot: int) -> bool:
        """Spend what an auction cost. Returns False where that was reported before.

        Raises ValueError, and changes nothing, for a price that cannot be or is above the bid's, and an unknown bid.
        """
        reply = (await self._settle(keys(campaign)[:4], [bid, _money(paid), slot])).decode()
        if reply == "unknown":
            raise ValueError(f"{bid!r} is not a bid of {campaign!r} of the last day. Report a win by its bid's id.")
        if reply not in ("settled", "again"):
            raise ValueError(f"{bid!r} was bid for {reply}, and cannot cost {paid}. Report what the exchange charges.")
        return bool(reply == "settled")

    async def lost(self, campaign: str, bid: str) -> None:
        """Give back what was reserved for a bid."""
        await self._settle(keys(campaign)[:4], [bid, -1, 0])

    async def state(self, campaign: str) -> dict[str, int]:
        """Return budget, spent, reserved, wins, late and auctions seen; and what was spent, won and seen by slot."""
        own, _, _, slots, _ = keys(campaign)
        had = dict.fromkeys(FIELDS, "0") | await self._all(own)
        return {name: int(value) for name, value in (had | await self._all(slots)).items() if name not in UNCOUNTED}

    async def _all(self, key: str) -> dict[str, str]:
        reply: Any = self.redis.hgetall(key)  # the types of the package allow a client that does not wait
        return {name.decode(): value.decode() for name, value in (await reply).items()}


def _money(price: int) -> int:
    """Return a price as it is. Raises ValueError for one that is no whole number from 0, or too large."""
    if type(price) is not int or not 0 <= price < MOST:
        raise ValueError(f"{price!r} is not an amount of money: expected a whole number from 0 and below {MOST}.")
    return price


def keys(campaign: str) -> list[str]:
    """Return the keys of a campaign, which a cluster of Redis keeps on one node."""
    return [f"bidding:{{{campaign}}}{part}" for part in ("", ":ends", ":prices", ":slots", ":bids")]
