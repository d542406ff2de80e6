"""The names of what is known of a customer, and the days on which it is."""

# All of the year before a day. Recency, tenure: days since the last and the first purchase. Frequency: invoices; season
# and lately: those of the first quarter of the year, which is as the next one, and of the last. Money: pounds, less
# what was cancelled. Months: in which something was bought. Articles: different ones. Order value: pounds per invoice.
RFM = ["recency", "frequency", "money"]
INPUTS = [*RFM, "tenure", "months", "articles", "season", "lately", "order_value"]
# Of the quarter after a day: whether the customer buys, for how many pounds, and how many per invoice.
OUTCOMES = ["buys", "spends", "order"]
CUSTOMER, COUNTRY, DAY = "customer", "country", "day"
YEAR, QUARTER = 365, 91  # days that a snapshot looks back and ahead
# A snapshot per quarter; the first is the first day with a whole year before it. Three to train on (the third chose the
# number of segments), one for the test, and one that says where the customers of the test are a quarter later.
DAYS = ["2010-12-09", "2011-03-09", "2011-06-09", "2011-09-09", "2011-12-09"]
CHOICE, TEST, LATER = DAYS[2:]
ONLINE_AS_OF = "2011-12-09T00:00:00Z"
SEGMENTS = 4  # the most whose refits agree: see studies/tune
