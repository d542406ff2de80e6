"""The pipeline of `movie_ranking`."""

from graphs import road

pipeline = road.pipeline_of("movie_ranking")
