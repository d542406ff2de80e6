"""The columns of a loan, and which of them the score, the policy and the applicant touch."""

LABEL = "bad"

NUMBERS = ["seniority", "term", "expenses", "income", "assets", "debt", "amount", "price"]
CATEGORIES = ["home", "records", "job"]
# The score sees these. Age and marital status are not among them: see README.md.
INPUTS = [*NUMBERS, *CATEGORIES]
PROTECTED = ["age", "marital"]

# Stated bands: upper limits in years, and their names.
AGE_LIMITS = [29, 44]
AGE_BANDS = ["18 to 29", "30 to 44", "45 and over"]
# Groups of fewer rows than this say too little about themselves, and are one group.
SMALLEST_GROUP = 150
MARITAL_GROUPS = ["married", "single", "other"]

# What an applicant can change today. Nobody gets more seniority, or loses a record, by asking.
CHANGEABLE = ["amount", "term", "debt"]
