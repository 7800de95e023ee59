"""Operators: who may sign in to the console, with which role on which site, and how they prove it.

rules, policy                         what a role may do; what the settings ask of operators
models, access_models                 accounts; grants, invitations, sessions
services, grants, invitations         accounts made and closed, roles given and taken back
sign_in, second_factor, confirming    the ways in, on Flask-Security
sessions, throttle, passwords         what keeps others out
tokens                                machines
"""

from consent_server.operators.sign_in import init_app

__all__ = ["init_app"]
