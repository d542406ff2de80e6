"""Whole tables through a version: the endpoint's checks and model, with features of the offline store."""
