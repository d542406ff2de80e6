"""Campaigns that the messages of 2004 to 2006 do not have: made up, from templates, each message with details."""

from __future__ import annotations

import numpy as np

NAMES = ("Tom", "Ana", "Lee", "Priya", "Joe", "Mia", "Sam", "Eva")
SHOPS = ("post", "courier", "parcels", "depot", "express")
CAMPAIGNS: dict[str, tuple[str, ...]] = {
    "a child with a new number": (
        "Hi mum its {name}, my phone is broken so this is my new number, can u text me here pls",
        "Hey dad, {name} here, dropped my phone in the sink, save this number and message me back x",
        "Mum i lost my phone, using a friends one, can you help me with a bill today? {name} x",
        "hi dad, new number, old phone is dead. are you busy? need you to do something for me, {name}",
    ),
    "a parcel that waits": (
        "{shop}: we could not deliver your parcel today, please pay the fee at {shop}-{digits}.info/{code}",
        "Your parcel is held at the {shop}. Settle the charge of {pounds}.99 here: {shop}{digits}.info/{code}",
        "Hello {name}, your {shop} delivery is waiting for an address, update it at {shop}-{digits}.info",
        "The driver of {shop} missed you, choose another day at {shop}{digits}.info/{code}",
    ),
    "work from home": (
        "Hi {name}, i am a recruiter, we have a part time job at home, 2 hours a day, are you interested?",
        "Hello, we saw your cv, you can earn {pounds}0 a day from home with your phone, reply yes to know more",
        "Good morning {name}, our company is hiring people to rate hotels online, easy work, paid daily, ask me",
        "are you looking for a job? flexible hours, no experience, {pounds}0 per day, message my manager {name}",
    ),
}


def message(campaign: str, random: np.random.Generator) -> str:
    """Return a message of a campaign."""
    template = str(random.choice(CAMPAIGNS[campaign]))
    return template.format(
        name=random.choice(NAMES),
        shop=random.choice(SHOPS),
        digits=random.integers(10, 1_000),
        pounds=random.integers(1, 10),
        code="".join(random.choice(list("abcdefghjkmnpqrstuvwxyz23456789"), 6)),
    )
