"""Copies between buckets by orgport and by others, and what they lose."""
