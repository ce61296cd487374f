"""The demo dataset: driving scenes drawn by procedure, with exact masks and a description of each scene."""
