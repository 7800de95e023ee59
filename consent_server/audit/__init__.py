"""The access log: which operator did what, when, to how many, and why; never visitor data."""
