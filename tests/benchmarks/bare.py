"""The same model in bare FastAPI applications, what one would write by hand: `python -m tests.benchmarks.bare PORT`.

`/untyped` takes any JSON and checks nothing; `/typed` has FastAPI validate the rows. Neither has versions, features, a
log of predictions, limits or metrics.
"""

import sys

import mlflow.pyfunc
import uvicorn
from fastapi import FastAPI, Request

from capstan.settings import settings
from pipelines.flight_delay.task import INPUTS
from tests.benchmarks.capstones import TASKS

Columns = TASKS["columns"].Request
app = FastAPI()


@app.get("/ready")
async def ready() -> dict:
    """Answer, for the model is loaded before the application listens."""
    return {}


@app.post("/untyped")
async def untyped(request: Request) -> dict:
    """Predict rows as they come."""
    rows = (await request.json())["instances"]
    columns = {name: [row[name] for row in rows] for name in INPUTS}
    return {"predictions": app.state.model.predict_columns(columns).tolist()}


@app.post("/typed")
async def typed(instances: list[Columns]) -> dict:
    """Predict rows that FastAPI has validated."""
    columns = {name: [getattr(row, name) for row in instances] for name in INPUTS}
    return {"predictions": app.state.model.predict_columns(columns).tolist()}


if __name__ == "__main__":
    mlflow.set_tracking_uri(settings().tracking_uri)
    app.state.model = mlflow.pyfunc.load_model("models:/columns@champion").unwrap_python_model()
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", access_log=False)
