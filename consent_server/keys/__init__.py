"""The key ring: one data key per day, kept outside every database and every backup.

Whoever destroys the key of a day makes every copy of that day's visits unreadable, wherever it
may lie. `ring` is what other rooms use; `store` is what a place for keys must be able to do, and
`folder` is the one that ships.
"""
