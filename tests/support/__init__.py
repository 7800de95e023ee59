"""Fixtures: real databases, a real server, a real browser."""
