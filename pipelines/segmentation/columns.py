"""The names of what is known of a customer."""

# Recency: days since the last purchase. Frequency: invoices. Money: pounds, less what was cancelled. All of one year.
INPUTS = ["recency", "frequency", "money"]
CUSTOMER, COUNTRY, DAY = "customer", "country", "day"
YEAR = 365  # days that a snapshot looks back
# A snapshot per quarter; the first is the first day with a whole year before it. The last one is for the test.
DAYS = ["2010-12-09", "2011-03-09", "2011-06-09", "2011-09-09", "2011-12-09"]
