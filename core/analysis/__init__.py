"""What an evaluation tells beyond its scores: all of it computed from what was counted in each image."""
