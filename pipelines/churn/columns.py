"""The columns of a customer, and the one instant that the file stands for."""

CUSTOMER, LABEL = "customer", "churned"

NUMBERS = ["tenure", "monthly", "total"]
SERVICES = ["security", "backup", "protection", "support", "tv", "movies"]
CATEGORIES = ["gender", "senior", "partner", "dependents", "phone", "lines", "internet", *SERVICES]
CATEGORIES += ["contract", "paperless", "payment"]
INPUTS = [*NUMBERS, *CATEGORIES]
# What a caller may ask "and if": the field of the request -> the input that it replaces.
WHAT_IF = {"if_contract": "contract", "if_monthly": "monthly"}

# The file has no dates: it is one look at all customers. This instant stands for it, and is a convention.
SNAPSHOT = "2018-01-01T00:00:00Z"
