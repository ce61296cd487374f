"""Training runs, their histories, evaluations and predictions."""
