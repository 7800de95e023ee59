"""The visit log: when, from which address, with what device; destroyed on the day.

What says something about a person is encrypted with the key of its day before any database sees
it. Nothing here knows consent records: visits must be able to go while the proof of consent stays.
"""
