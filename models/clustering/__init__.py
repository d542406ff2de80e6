"""Finding groups: spectral clustering, principal components and the gap statistic."""
