"""A job: a process that speaks through a folder of its own."""
