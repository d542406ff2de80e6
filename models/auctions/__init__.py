"""Bids in second-price auctions under a budget: bidders, the replay of a log, prices and pacing."""
