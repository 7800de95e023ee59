"""The history of the archive database."""
