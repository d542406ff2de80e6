"""The same model in bare FastAPI applications, what one would write by hand: `python -m tests.benchmarks.bare PORT`.

`/untyped` takes any JSON and checks nothing; `/typed` has FastAPI validate the rows. Neither has versions, features, a
log of predictions, limits or metrics.
"""

import sys

import uvicorn
from fastapi import FastAPI, Request

from capstan import catalogue
from capstan.versions import registry
from pipelines.flight_delay.columns import INPUTS

Columns = catalogue.load("columns").Request
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
    return {"predictions": app.state.model.predict_columns(columns)["probability"].tolist()}


@app.post("/typed")
async def typed(instances: list[Columns]) -> dict:
    """Predict rows that FastAPI has validated."""
    columns = {name: [getattr(row, name) for row in instances] for name in INPUTS}
    return {"predictions": app.state.model.predict_columns(columns)["probability"].tolist()}


if __name__ == "__main__":
    app.state.model = registry.load_version("columns", "1").model
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", access_log=False)
