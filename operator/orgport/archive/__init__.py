"""The archive's format, written to and read from the byte streams that are given. No other I/O is done here."""
