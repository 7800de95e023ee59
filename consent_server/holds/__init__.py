"""Legal holds: visits that a named case keeps beyond their day, in the archive, under own keys.

A hold has a legal basis, an officer and an end that is bounded. It copies what it covers and never
touches the originals, which go on their day as all do. When it ends its key is destroyed, then its
copies. Nothing here is read without a reason and an entry in the access log.
"""
