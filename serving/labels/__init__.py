"""Labels of predictions: read, matched to what was predicted, and written before they are acknowledged.

`predictions.labels` keeps them, and `predictions.labelled` joins them to the prediction log.
"""
