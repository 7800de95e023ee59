"""Exports: records handed out in bulk to an operator, streamed, escaped and written down."""
