"""What stands before a request reaches a model: one file for each guard, the same for REST and gRPC.

A guard is an async callable that takes a call and `proceed`, which goes on to the next guard and at last to the model.
It awaits `proceed()` and returns what that returned, or raises an error that `serving.errors` knows.
"""
