"""`python -m pipelines.bidding.replica --redis 127.0.0.1:6379 --port 8070`: bids for campaigns whose money Redis keeps.

POST /bid takes a bid request of OpenRTB 2 and answers with a bid, or with 204 and the reason in a header. The click
model's CTR comes in `imp.ext.ctr`, the campaign in `ext.campaign`; money is in yuan CPM. The exchange calls the bid's
`nurl` when it won and its `lurl` when it lost, again until the answer is 200, and charges nothing after its `exp`.
GET /campaigns/NAME is a page of its spend, pace and wins; PUT /campaigns/NAME begins it. Several replicas may run, on
any machine: they share nothing but Redis. Where Redis does not answer, nothing is bid.
"""

from __future__ import annotations

import argparse
import asyncio
import pickle
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import uvicorn
from pydantic import BaseModel, Field, ValidationError
from redis.asyncio import Redis
from redis.exceptions import RedisError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from capstan.errors import without_tracebacks
from pipelines.bidding import screen
from pipelines.bidding.ledger import Ledger, Reserved
from pipelines.bidding.model import BidModel
from pipelines.bidding.pacing import Plan, auctions_left

FEN = 100  # of a yuan
LATEST = 0.05  # seconds to wait for Redis: an exchange often waits for 0.1
FRESH = 1.0  # seconds after which a plan is read again: another replica may have changed it
EXPIRES = 9  # seconds in which the exchange may charge a bid: its money is kept for one more, see `ledger.SECONDS`
IDLE = 75  # seconds that a connection may wait: an exchange keeps many, and asks over some of them rarely
AFTER = (1.0, 2.0)  # seconds after which a bid that was not sent is given back, twice
LONGEST = 64


class Extension(BaseModel):
    """What is ours in an impression: the predicted CTR."""

    ctr: float = Field(gt=0, le=1)


class Impression(BaseModel):
    """An impression for sale. bidfloor: yuan CPM."""

    id: str = Field(min_length=1, max_length=LONGEST)
    bidfloor: float = Field(0, ge=0, le=1e6)
    ext: Extension


class Campaign(BaseModel):
    """Which campaign may bid."""

    campaign: str = Field(min_length=1, max_length=LONGEST)


class BidRequest(BaseModel):
    """The parts of OpenRTB's BidRequest that are read; others are passed over."""

    id: str = Field(min_length=1, max_length=LONGEST)
    imp: list[Impression] = Field(min_length=1, max_length=10)
    ext: Campaign


class NewPlan(BaseModel):
    """The plan of a campaign: money in fen CPM, as in `Plan`."""

    budget: int = Field(ge=0, le=10**12)
    auctions: int = Field(ge=1, le=10**9)
    start: float | None = None
    seconds: float = Field(gt=0)


class Replica:
    """Answers an exchange with one model and the campaigns of one Redis."""

    def __init__(self, model: BidModel, ledger: Ledger):
        self.model, self.ledger = model, ledger
        self.tasks: set[asyncio.Task[None]] = set()
        self.known: dict[str, tuple[Plan, float, Reserved]] = {}  # the plan, when it was read, and the last bid

    async def price(self, campaign: str, ctr: float, bid: str, floor: float) -> tuple[int, str]:
        """Return a price whose money is reserved, or 0 and why not."""
        now = time.time()
        had = self.known.get(campaign)
        if had is None or now - had[1] > FRESH:
            new = await self.ledger.plan(campaign)
            if new is None:
                return 0, f"no campaign {campaign}"
            had = new, now, had[2] if had else await self.ledger.reserve(campaign, "", 0, new.slot(now))
        plan, read, last = had
        if not 0 <= now - plan.start < plan.seconds:
            return 0, "the campaign does not run now"
        price = self.model.price(ctr, max(last.left, 0), auctions_left(plan, now, last.lately, last.seen))
        price = price if price >= floor else 0
        # Others may have spent since: what Redis says is left decides, and the next bid knows it.
        held = await self.ledger.reserve(campaign, bid, price, plan.slot(now))
        self.known[campaign] = plan, read, held
        if held.made:
            return price, ""
        return 0, "less money is left than the bid" if price else "the bid is below the floor, or nothing is left"

    async def bid(self, request: Request) -> Response:
        """Answer a bid request."""
        try:
            asked = BidRequest.model_validate_json(await request.body())
        except ValidationError as error:
            first = error.errors()[0]
            return JSONResponse({"error": f"{'.'.join(map(str, first['loc']))}: {first['msg']}"}, 400)
        bids: list[dict[str, Any]] = []
        because = ""
        for one in asked.imp:
            name = f"{asked.id}/{one.id}"
            try:
                price, because = await self.price(asked.ext.campaign, one.ext.ctr, name, one.bidfloor * FEN)
            except RedisError:
                self.unsent(asked.ext.campaign, [name, *(bid["id"] for bid in bids)])
                return Response(status_code=204, headers={"x-no-bid": "the ledger does not answer"})
            if price:
                told = "?" + urlencode({"campaign": asked.ext.campaign, "bid": name})
                urls = {"nurl": f"/win{told}&price=${{AUCTION_PRICE}}", "lurl": f"/loss{told}"}
                bid = {"id": name, "impid": one.id, "price": price / FEN, "cid": asked.ext.campaign, "exp": EXPIRES}
                bids.append(bid | urls)
        if not bids:
            return Response(status_code=204, headers={"x-no-bid": because})
        return JSONResponse({"id": asked.id, "cur": "CNY", "seatbid": [{"bid": bids}]})

    def unsent(self, campaign: str, bids: list[str]) -> None:
        """Give back, in a while, what Redis may still reserve for bids that are not sent."""

        async def later() -> None:
            for wait in AFTER:
                await asyncio.sleep(wait)
                with suppress(RedisError):
                    for bid in bids:
                        await self.ledger.lost(campaign, bid)

        task = asyncio.create_task(later())
        self.tasks.add(task)  # the loop itself would not keep it
        task.add_done_callback(self.tasks.discard)

    async def win(self, request: Request) -> Response:
        """Spend what an auction cost; its price is in yuan CPM."""
        try:
            campaign, bid = request.query_params["campaign"], request.query_params["bid"]
            paid = round(float(request.query_params["price"]) * FEN)
        except (KeyError, ValueError, OverflowError):
            return JSONResponse({"error": "Give campaign, bid and price, in yuan CPM."}, 400)
        return await self.told(campaign, bid, paid) if paid >= 0 else JSONResponse({"error": "price: below 0"}, 400)

    async def loss(self, request: Request) -> Response:
        """Give back what was reserved."""
        return await self.told(request.query_params.get("campaign", ""), request.query_params.get("bid", ""), -1)

    async def told(self, campaign: str, bid: str, paid: int) -> Response:
        """Keep how an auction ended; 503 where that cannot be kept now, so that the exchange tells it again."""
        try:
            plan = self.known[campaign][0] if campaign in self.known else await self.ledger.plan(campaign)
            if plan is None:
                return JSONResponse({"error": f"There is no campaign {campaign}."}, 404)
            if paid < 0:
                await self.ledger.lost(campaign, bid)
            else:
                await self.ledger.won(campaign, bid, paid, plan.slot(time.time()))
        except RedisError:
            return JSONResponse({"error": "The ledger does not answer. Tell it again."}, 503)
        return JSONResponse({})

    async def campaign(self, request: Request) -> Response:
        """Begin a campaign, or show it: as a page, or as JSON where that is asked for."""
        name = request.path_params["name"]
        try:
            if request.method == "PUT":
                given = NewPlan.model_validate_json(await request.body())
                start = time.time() if given.start is None else given.start
                await self.ledger.open(name, Plan(given.budget, given.auctions, start, given.seconds))
                self.known.pop(name, None)
            plan = await self.ledger.plan(name)
            if plan is None:
                return JSONResponse({"error": f"There is no campaign {name}."}, 404)
            state = await self.ledger.state(name)
        except ValidationError as error:
            return JSONResponse({"error": str(error.errors()[0]["msg"])}, 400)
        except RedisError:
            return JSONResponse({"error": "The ledger does not answer."}, 503)
        if "text/html" in request.headers.get("accept", ""):
            return HTMLResponse(screen.page(name, plan, state, time.time()))
        return JSONResponse(state)

    def app(self) -> Starlette:
        """Return the web application."""
        return Starlette(routes=[
            Route("/bid", self.bid, methods=["POST"]),
            Route("/win", self.win),
            Route("/loss", self.loss),
            Route("/campaigns/{name}", self.campaign, methods=["GET", "PUT"]),
        ])  # fmt: skip


def champion() -> Any:
    """Return the model that serves. Raises CapstanError where there is none."""
    from capstan.versions import registry

    return registry.load_version("bidding", registry.champion("bidding").version).model


def main() -> None:
    """Serve until the process is stopped."""
    without_tracebacks()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--redis", default="127.0.0.1:6379")
    parser.add_argument("--port", type=int, default=8070)
    parser.add_argument("--wait", type=float, default=LATEST, help="seconds for an answer of Redis")
    parser.add_argument("--model", type=Path, help="a pickled BidModel of your own; by default the champion")
    given = parser.parse_args()
    model = pickle.loads(given.model.read_bytes()) if given.model else champion()
    redis = Redis.from_url(f"redis://{given.redis}", socket_timeout=given.wait, socket_connect_timeout=given.wait)
    app = Replica(model, Ledger(redis)).app()
    uvicorn.run(app, host="127.0.0.1", port=given.port, log_level="warning", access_log=False, timeout_keep_alive=IDLE)


if __name__ == "__main__":
    main()
