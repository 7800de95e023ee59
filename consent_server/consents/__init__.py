"""Consent records: every decision at one moment, append-only, with a signed receipt.

A record carries no client address and no user agent: with them it would be a visit record and
have to be destroyed after three months, and the proof with it.
"""
