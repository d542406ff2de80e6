"""Talking to the platform's services over HTTP."""
