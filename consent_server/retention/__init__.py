"""Destruction on the day: which records end when, their removal, the proof that none is left."""
