"""Operators: who may sign in to the console, with which role, and how they prove it."""

from consent_server.operators.sign_in import init_app

__all__ = ["init_app"]
