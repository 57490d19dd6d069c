"""Measurements, run by hand: `python -m bench`. Tests assert nothing about time."""
