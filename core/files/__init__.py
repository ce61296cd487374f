"""Reading and writing files so that nothing is lost, followed or misread."""
