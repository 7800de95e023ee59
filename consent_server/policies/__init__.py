"""Notices: purposes, services and texts, frozen in numbered versions with a hash per language."""
