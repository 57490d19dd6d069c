"""A server of MongoDB's protocol for measurements, and other ways to move documents."""
