"""Retrieval as the app and the commands see it: settings, manifests, chats, and the process that holds the models."""
