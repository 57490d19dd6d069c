"""What is known of Browsertrix: its documents, keys, versions and settings. Pure: no I/O is done here."""
