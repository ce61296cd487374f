"""Segmentation: data, model, losses, metrics, fitting, evaluation and prediction. Runs as a job of its own."""
