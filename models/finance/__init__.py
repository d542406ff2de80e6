"""Series of returns: volatility, risk, portfolios and the statistics of backtests."""
