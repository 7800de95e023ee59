"""Measurements that the README quotes; each prints, and stores its result in `results/`."""
