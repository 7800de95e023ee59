"""Tools of the checkout: they prepare a machine, lock what is installed, check what is written.

Standard library only, so that the system's own Python runs them before anything is installed.
The product never imports them. Start them from the checkout: `python3 -m tools.prepare test`.
"""
