"""In a step's pod: the prediction log since an instant, by its public reader. Prints pairs of an id and a variant."""

import json
import sys
from datetime import datetime

from predictions import read

log = read(sys.argv[1], since=datetime.fromisoformat(sys.argv[2]))
print(json.dumps(log[["prediction_id", "variant"]].values.tolist()))
