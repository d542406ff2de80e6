"""The pipeline of `bidding`."""

from graphs import road

pipeline = road.pipeline_of("bidding", auctions="ingest", rows="split")
