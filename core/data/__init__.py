"""Datasets: where images and masks are, what they hold, and finding among them."""
