"""A partition of its own for each instant of destruction (PostgreSQL; SQLite has none).

`keeper` makes them ahead and on demand, `truncation` destroys them on their day, `splitting` and
`repeats` are for migrations: plain tables into partitioned ones, and one row for a page view that
is reported twice.
"""
