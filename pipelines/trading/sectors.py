"""The sectors of the stocks, by the Global Industry Classification Standard as of 2017."""

SECTORS: dict[str, tuple[str, ...]] = {
    "consumer discretionary": ("AMZN", "DIS", "HD", "MCD", "NKE"),
    "consumer staples": ("KO", "PG", "WMT"),
    "energy": ("CVX", "XOM"),
    "financials": ("AXP", "GS", "JPM", "TRV"),
    "health care": ("JNJ", "MRK", "PFE", "UNH"),
    "industrials": ("BA", "CAT", "GE", "MMM", "UTX"),
    "information technology": ("AABA", "AAPL", "CSCO", "GOOGL", "IBM", "INTC", "MSFT"),
    "telecommunication services": ("VZ",),
}
