"""The pipeline of `movie_ranking`."""

from kfp import dsl

from graphs import road


@dsl.pipeline(name="movie-ranking")
def pipeline(canary: float = 0.0) -> road.Outputs:
    """Train, judge and deploy the model."""
    return road.standard("movie_ranking", {}, canary=canary)
