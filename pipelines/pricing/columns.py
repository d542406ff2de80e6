"""The brands of the shelf, and the names of the columns."""

from typing import Literal, get_args

# In the order of the file, which has them as brands 1 to 11. Source: the manual of the R package bayesm, `orangeJuice`.
Brand = Literal[
    "Tropicana Premium 64 oz",
    "Tropicana Premium 96 oz",
    "Florida's Natural 64 oz",
    "Tropicana 64 oz",
    "Minute Maid 64 oz",
    "Minute Maid 96 oz",
    "Citrus Hill 64 oz",
    "Tree Fresh 64 oz",
    "Florida Gold 64 oz",
    "Dominick's 64 oz",
    "Dominick's 128 oz",
]
BRANDS: list[str] = list(get_args(Brand))
OUNCES = [int(name.split()[-2]) for name in BRANDS]
COUNT = len(BRANDS)
STORE, WEEK, BRAND = "store", "week", "brand"
# A week of a store as one row. As a request has it: the Thursday, names of brands, dollars.
FEATURED, DEALS, PRICES, COSTS, MOST_CHANGE = "featured", "deals", "prices", "costs", "most_change"
# As the demand model has it: lists of 11, in the order of the brands. Sales are the log of packages.
NUMBER, SOLD, ON_DEAL, IN_AD = "number", "sold", "on_deal", "in_ad"
LISTS = [SOLD, PRICES, COSTS, ON_DEAL, IN_AD]
PAST = 9  # weeks before, of which the first says only the price before the second
# What the feature store has of a store: the same, of its last nine weeks, one after the other.
HISTORY = {name: f"past_{name}" for name in LISTS}
PAST_WEEKS, LOWEST, HIGHEST, APPROVALS = "past_weeks", "lowest", "highest", "approvals"
