"""The names and numbers that the other modules share."""

USER = "user_id"
KEYS = [USER]
ONLINE_AS_OF = "2016-10-17T00:00:00Z"  # after the last rating

SHOWN = 10  # films of an answer, where the request does not say how many
CANDIDATES = 100  # films that an answer may have
LIKED = 5.0  # the stars that a title counts with which somebody says to like
SHORT = (1, 2, 3, 5, 10)  # titles of the short histories that a model is measured on
CHUNK = 64  # histories at a time: a score of each film for each of them is large
