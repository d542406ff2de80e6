"""What a run reads from elsewhere: data sets and weights."""
