"""Bells that reach other processes: how to stay connected, and how to dial each kind of broker."""
