"""Linear models: regression, classification, splines, online learning and mixed effects."""
