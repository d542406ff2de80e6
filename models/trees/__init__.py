"""Trees and boosting: from scratch, and LightGBM on Ray."""
