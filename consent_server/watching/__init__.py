"""What the service says about itself to those who run it: counts, logs, traces.

Never about a visitor: no address, no user agent, no path with ids, no token leaves through here.
"""
