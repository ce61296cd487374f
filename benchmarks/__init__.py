"""What speed and quality are claimed by: a script a table of docs/results.md."""
