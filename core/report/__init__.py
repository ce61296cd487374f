"""Reports of evaluations, to read without the program: one HTML page, Markdown, CSV, and the charts by themselves."""
