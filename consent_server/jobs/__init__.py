"""What runs by itself: which job when, in one process of a deployment at a time."""
