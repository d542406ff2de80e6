"""A training that goes on while workers are lost and added."""
