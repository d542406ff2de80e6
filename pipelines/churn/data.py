"""The customers of IBM's telephone company, and where the file comes from.

Source: IBM sample data, "Telco customer churn", Apache-2.0,
https://github.com/IBM/telco-customer-churn-on-icp4d. The company is fictional.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from capstan.errors import CapstanError
from capstan.inputs import downloads
from pipelines.churn.columns import CATEGORIES, CUSTOMER, INPUTS, LABEL, NUMBERS

if TYPE_CHECKING:
    import pandas as pd

FILE, CSV = "telco_churn.parquet", "telco_churn.csv"
URL = "https://raw.githubusercontent.com/IBM/telco-customer-churn-on-icp4d/master/data/Telco-Customer-Churn.csv"
RENAMED = {
    **{"customerID": CUSTOMER, "gender": "gender", "SeniorCitizen": "senior", "Partner": "partner"},
    **{"Dependents": "dependents", "tenure": "tenure", "PhoneService": "phone", "MultipleLines": "lines"},
    **{"InternetService": "internet", "OnlineSecurity": "security", "OnlineBackup": "backup"},
    **{"DeviceProtection": "protection", "TechSupport": "support", "StreamingTV": "tv", "StreamingMovies": "movies"},
    **{"Contract": "contract", "PaperlessBilling": "paperless", "PaymentMethod": "payment"},
    **{"MonthlyCharges": "monthly", "TotalCharges": "total", "Churn": LABEL},
}
# Who has no telephone has no second line, and who has no internet none of its services: one column says so already.
SPELLED = {"no phone service": "no", "no internet service": "no", "two year": "two years", "0": "no", "1": "yes"}
SPELLED |= {"bank transfer (automatic)": "bank transfer", "credit card (automatic)": "credit card"}


def find(data_dir: Path | None) -> Path:
    """Return the path of the file: of the data folder or the cache; else it is downloaded."""
    return downloads.find(FILE, data_dir) or downloads.find(CSV, data_dir) or downloads.fetch(URL, CSV)


def customers(path: Path) -> pd.DataFrame:
    """Return one row per customer: number, inputs, and `churned`, 1 for one who left in the last month.

    path: a parquet or CSV file with the columns of IBM's. Raises CapstanError when a column is missing.
    """
    import pandas as pd

    raw = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, dtype={"TotalCharges": str})
    if missing := sorted(RENAMED.keys() - set(raw.columns)):
        raise CapstanError(f"{path} lacks the columns {', '.join(missing)}. Replace or remove it.")
    frame = raw.rename(columns=RENAMED)[list(RENAMED.values())]
    texts = frame[[*CATEGORIES, LABEL]].astype(str).apply(lambda column: column.str.strip().str.lower())
    frame[[*CATEGORIES, LABEL]] = texts.replace(SPELLED)
    # Eleven totals are blank. All are of customers in their first month, who have had no bill yet.
    blank = frame["total"].astype(str).str.strip() == ""
    frame["total"] = pd.to_numeric(frame["total"].mask(blank & (frame["tenure"] == 0), "0"), errors="coerce")
    frame[LABEL] = (frame[LABEL] == "yes").astype(float)
    return frame[[CUSTOMER, *INPUTS, LABEL]].astype(dict.fromkeys(NUMBERS, float))
