"""What ours is measured beside: a plain answer, a naive service, bare databases, c15t."""
