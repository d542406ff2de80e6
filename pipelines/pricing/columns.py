"""The brands of the shelf, and the names of the columns."""

from data_sets.orange_juice import BRAND, BRANDS, COUNT, OUNCES, STORE, WEEK, Brand

__all__ = ["BRAND", "BRANDS", "COUNT", "OUNCES", "STORE", "WEEK", "Brand"]  # as the file has them
# A week of a store as one row. As a request has it: the Thursday, names of brands, dollars.
FEATURED, DEALS, PRICES, COSTS, MOST_CHANGE = "featured", "deals", "prices", "costs", "most_change"
# As the demand model has it: lists of 11, in the order of the brands. Sales are the log of packages.
NUMBER, SOLD, ON_DEAL, IN_AD = "number", "sold", "on_deal", "in_ad"
LISTS = [SOLD, PRICES, COSTS, ON_DEAL, IN_AD]
PAST = 9  # weeks before, of which the first says only the price before the second
# What the feature store has of a store: the same, of its last nine weeks, one after the other.
HISTORY = {name: f"past_{name}" for name in LISTS}
PAST_WEEKS, LOWEST, HIGHEST, APPROVALS = "past_weeks", "lowest", "highest", "approvals"
# What it has of the store's last year, by brand: see `rules.Seen`.
USUAL, LOW_RELATIVE, HIGH_RELATIVE = "usual", "low_relative", "high_relative"
SEEN = [USUAL, LOWEST, HIGHEST, LOW_RELATIVE, HIGH_RELATIVE]
YEAR = 52  # weeks
