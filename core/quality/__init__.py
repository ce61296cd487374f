"""What is wrong with data and labels, as far as catalogs, masks and predictions tell; no torch."""
