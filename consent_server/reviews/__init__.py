"""The monthly review of the access log: what stood out, what was found, signed by the reviewer."""
