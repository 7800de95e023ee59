"""Schema histories, one per database, numbered; each step goes up and down on both engines."""
