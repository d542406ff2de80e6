"""Labels of predictions: read, matched to what was predicted, and written before they are acknowledged.

`capstan.labels` keeps them, and `serving.predictions.labelled` joins them to the prediction log.
"""
